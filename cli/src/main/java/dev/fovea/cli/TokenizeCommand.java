package dev.fovea.cli;

import dev.fovea.cli.report.Numbers;
import dev.fovea.cli.terminal.Terminal;
import dev.fovea.engine.tokenizer.Tokenizer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// `fovea tokenize`: text to token ids and back.
@Command(
        name = "tokenize",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        header = "Show a text's token ids, and their text again.",
        description = {
            "",
            "Prints {\"ids\": […], \"text\": \"…\"} with the start token as the checkpoint's tokenizer adds it; special",
            "tokens are shown in the text. Needs a checkpoint's tokenizer files only, not its weights.",
            ""
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  fovea tokenize --model DIR \"What is the total?\"",
            "  One JSON string in, one JSON object out, line by line:",
            "    printf '\"a cat\"\\n\"two\\\\nlines\"\\n' | fovea tokenize --model DIR --lines"
        })
final class TokenizeCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Option(
            names = "--model",
            paramLabel = "DIR",
            required = true,
            description = "A directory with tokenizer.json or tokenizer.model.")
    private Path model = Path.of("");

    @Option(names = "--lines", description = "Read one JSON string per line from standard input.")
    private boolean lines;

    @Option(names = "--json", description = "Accepted for symmetry; the output is always JSON.")
    @SuppressWarnings("UnusedVariable")
    private boolean json;

    @Parameters(arity = "0..1", paramLabel = "TEXT", description = "What to tokenize, in quotes.")
    private Optional<String> text = Optional.empty();

    TokenizeCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        if (lines == text.isPresent()) {
            throw new IllegalArgumentException(
                    "arguments: expected a text in quotes or --lines, found " + (lines ? "both" : "neither"));
        }
        Tokenizer tokenizer = Tokenizer.load(model);
        if (lines) {
            translate(tokenizer);
        } else {
            terminal.out().println(json(tokenizer, text.orElseThrow()));
        }
        return ExitCode.OK;
    }

    private void translate(Tokenizer tokenizer) {
        BufferedReader in = new BufferedReader(new InputStreamReader(terminal.in(), StandardCharsets.UTF_8));
        try {
            int number = 0;
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                terminal.out().println(json(tokenizer, string(line, ++number)));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String string(String line, int number) {
        String place = "standard input, line " + number;
        try {
            JsonNode value = JsonMapper.shared().readTree(line);
            if (value.isString()) {
                return value.stringValue();
            }
        } catch (JacksonException e) {
            throw new IllegalArgumentException(place + ": expected a JSON string, found " + line, e);
        }
        throw new IllegalArgumentException(place + ": expected a JSON string, found " + line);
    }

    private static ObjectNode json(Tokenizer tokenizer, String text) {
        int[] ids = tokenizer.encode(text);
        ObjectNode json = JsonMapper.shared().createObjectNode();
        json.set("ids", Numbers.array(ids));
        return json.put("text", tokenizer.decode(ids));
    }
}
