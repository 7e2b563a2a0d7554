package dev.fovea.cli;

import dev.fovea.cli.options.MethodChoices;
import dev.fovea.cli.options.PromptChoices;
import dev.fovea.cli.report.AnswerReport;
import dev.fovea.cli.report.MethodReport;
import dev.fovea.cli.terminal.ProgressLine;
import dev.fovea.cli.terminal.Terminal;
import dev.fovea.engine.Engine;
import dev.fovea.engine.Generation;
import dev.fovea.engine.Prompt;
import dev.fovea.engine.Session;
import dev.fovea.engine.SessionOptions;
import dev.fovea.engine.TokenSink;
import dev.fovea.engine.text.Sampling;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// The loop of `fovea chat`.
final class Conversation implements AutoCloseable {
    private static final String COMMANDS = "/image FILE, /method M, /budget B, /new, /help or /quit";

    private final Terminal terminal;
    private final ProgressLine progress;
    private final Engine engine;
    private final Manner manner;
    private final List<Path> seen = new ArrayList<>(); // images of earlier questions
    private final List<Path> next = new ArrayList<>(); // images of the next question
    private MethodChoices.Choice choice;
    private Session session;

    /// What does not change while people talk.
    ///
    /// @param context positions at most; 0 for the engine's default
    record Manner(String model, Sampling sampling, int context, boolean json) {}

    Conversation(Terminal terminal, ProgressLine progress, Engine engine, Manner manner, MethodChoices.Choice choice) {
        this.terminal = terminal;
        this.progress = progress;
        this.engine = engine;
        this.manner = manner;
        this.choice = choice;
        this.session = engine.open(new SessionOptions(choice.reduction(), manner.context));
    }

    /// Adds an image to the next question.
    void show(Path image) {
        PromptChoices.requireFiles(List.of(image));
        next.add(image);
    }

    /// Talks until the input ends. Someone who types can correct a mistake; in a script it ends the command.
    void run() throws IOException {
        BufferedReader in = new BufferedReader(new InputStreamReader(terminal.in(), StandardCharsets.UTF_8));
        while (true) {
            if (terminal.asks()) {
                terminal.err().print("> ");
                terminal.err().flush();
            }
            String line = in.readLine();
            if (line == null || line.strip().equals("/quit")) {
                return;
            }
            try {
                hear(line.strip());
            } catch (RuntimeException e) {
                progress.clear();
                if (!terminal.asks()) {
                    throw e;
                }
                terminal.err().println("fovea: " + e.getMessage());
            }
        }
    }

    private void hear(String line) {
        if (!line.startsWith("/")) {
            if (!line.isEmpty()) {
                answer(line);
            }
            return;
        }
        String[] words = line.split("\\s+", 2);
        String rest = words.length == 2 ? words[1] : "";
        switch (words[0]) {
            case "/image" -> show(Path.of(required(words[0], rest, "FILE")));
            case "/method" -> beginAnew(choice.withMethod(required(words[0], rest, "M")));
            case "/budget" -> beginAnew(choice.withBudget(required(words[0], rest, "B")));
            case "/new" -> {
                beginAnew(choice);
                next.clear();
            }
            case "/help" -> terminal.err().println("a question, " + COMMANDS);
            default -> throw new IllegalArgumentException("chat: expected " + COMMANDS + ", found " + words[0]);
        }
    }

    private static String required(String command, String rest, String argument) {
        if (rest.isEmpty()) {
            throw new IllegalArgumentException(command + ": expected " + command + " " + argument + ", found none");
        }
        return rest;
    }

    /// A session with another method; the images so far come with the next question.
    private void beginAnew(MethodChoices.Choice other) {
        Session fresh = engine.open(new SessionOptions(other.reduction(), manner.context));
        session.close();
        session = fresh;
        choice = other;
        next.addAll(0, seen);
        seen.clear();
        terminal.err().println("a new conversation with " + MethodReport.text(session.reduction()));
    }

    private void answer(String question) {
        TokenSink sink = manner.json
                ? TokenSink.NONE
                : token -> {
                    terminal.out().print(token.text());
                    terminal.out().flush();
                    return true;
                };
        Prompt prompt = Prompt.ask(question, next.toArray(Path[]::new));
        Generation generation = session.generate(prompt, manner.sampling, sink, progress);
        progress.clear();
        seen.addAll(next);
        next.clear();
        AnswerReport report = new AnswerReport(manner.model, engine, session.reduction(), generation);
        if (manner.json) {
            terminal.out().println(report.json());
        } else {
            terminal.out().println();
            terminal.err().println(report.line());
        }
    }

    @Override
    public void close() {
        session.close();
    }
}
