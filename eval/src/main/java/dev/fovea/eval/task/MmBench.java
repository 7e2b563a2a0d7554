package dev.fovea.eval.task;

import dev.fovea.eval.Metric;
import dev.fovea.eval.Sample;
import dev.fovea.eval.Scored;
import dev.fovea.eval.file.Entries;
import dev.fovea.eval.file.Entry;
import dev.fovea.eval.file.TaskFiles;
import dev.fovea.eval.score.CircularEval;
import dev.fovea.eval.score.OptionLetter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/// MMBench, dev: multiple choice with CircularEval, answers read by letter or by the option's text.
///
/// ```
/// questions.jsonl   {"index", "image", "question", "hint", "A", "B", "C", "D", "answer": letter, "category"} on each
///                   line: the columns of the published table, the picture as a file instead of base64
/// images/…          the pictures
/// ```
///
/// Rotations of a question have the same index modulo a million. Groups are the categories.
public record MmBench(Questions questions) implements FileTask {
    private static final List<String> LETTERS = List.of("A", "B", "C", "D");
    private static final long MAX_INDEX = 1L << 40;
    private static final String INDEX = "index";

    /// Reads the task's files, which it closes when it is closed.
    public static MmBench read(TaskFiles files) {
        return new MmBench(
                Questions.of(files, Entries.lines(files, Questions.OWN_FILE), entry -> sample(files, entry)));
    }

    private static Sample sample(TaskFiles files, Entry entry) {
        List<String> options = new ArrayList<>();
        StringBuilder question = new StringBuilder();
        entry.optionalText("hint").ifPresent(hint -> question.append(hint).append('\n'));
        question.append(entry.text("question"));
        for (String letter : LETTERS) {
            Optional<String> option = entry.optionalText(letter);
            if (option.isEmpty()) {
                break;
            }
            options.add(option.get());
            question.append('\n').append(letter).append(". ").append(option.get());
        }
        String answer = entry.text("answer");
        if (!LETTERS.subList(0, options.size()).contains(answer)) {
            throw entry.wrong("answer", "the letter of one of " + options.size() + " options", answer);
        }
        String index = "" + entry.whole(INDEX, MAX_INDEX);
        return new Sample(
                index,
                entry.optionalText("category").orElse("mmbench"),
                Questions.picture(files, entry, "image", entry.text("image")),
                Questions.ask(question.toString(), Questions.LETTER),
                List.of(answer),
                options,
                List.of(),
                Map.of());
    }

    @Override
    public String name() {
        return "mmbench";
    }

    @Override
    public int maxTokens() {
        return 16;
    }

    @Override
    public double score(Sample sample, String answer) {
        SortedMap<String, String> options = new TreeMap<>();
        for (int i = 0; i < sample.options().size(); i++) {
            options.put(LETTERS.get(i), sample.options().get(i));
        }
        return OptionLetter.infer(answer, options)
                        .equals(Optional.of(sample.answers().getFirst()))
                ? 1
                : 0;
    }

    /// CircularEval; then the plain share of right answers, over all and of each category.
    @Override
    public List<Metric> metrics(List<Scored> scored) {
        CircularEval circular = new CircularEval();
        for (Scored one : scored) {
            circular.add(Long.parseLong(one.sample().id()), one.score() == 1);
        }
        List<Metric> metrics = new ArrayList<>();
        metrics.add(Metric.share("circular", circular.passed(), circular.total()));
        metrics.addAll(FileTask.super.metrics(scored));
        return metrics;
    }

    @Override
    public List<String> notes() {
        return List.of(
                "No language model judges answers without a letter or an option's text; they are wrong here.",
                "Where the file has no rotations, `circular` is plain accuracy.");
    }
}
