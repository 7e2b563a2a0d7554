package dev.fovea.eval.task;

import dev.fovea.eval.Metric;
import dev.fovea.eval.Sample;
import dev.fovea.eval.Scored;
import dev.fovea.eval.file.Entries;
import dev.fovea.eval.file.Entry;
import dev.fovea.eval.file.TaskFiles;
import dev.fovea.eval.score.MmeScore;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/// MME: fourteen subtasks of yes-or-no questions, two about each picture; points for questions and for pictures.
///
/// ```
/// questions.jsonl   {"question_id", "image", "question", "answer": "Yes" or "No", "category"} on each line, two
///                   lines for each "question_id"
/// images/…          the pictures
/// ```
///
/// These are lmms-eval's columns. As there, the question's own instruction is replaced by the short-answer one.
public record Mme(Questions questions) implements FileTask {
    private static final String PICTURE = "picture";
    private static final String OWN_INSTRUCTION = " Please answer yes or no.";

    /// Reads the task's files, which it closes when it is closed.
    public static Mme read(TaskFiles files) {
        return new Mme(Questions.of(files, Entries.lines(files, Questions.OWN_FILE), entry -> sample(files, entry)));
    }

    private static Sample sample(TaskFiles files, Entry entry) {
        String category = entry.text("category");
        if (!MmeScore.PERCEPTION.contains(category) && !MmeScore.COGNITION.contains(category)) {
            throw entry.wrong("category", "one of MME's subtasks", category);
        }
        String answer = entry.text("answer").strip().replace(".", "").toLowerCase(Locale.ROOT);
        if (!answer.equals("yes") && !answer.equals("no")) {
            throw entry.wrong("answer", "yes or no", answer);
        }
        String picture = entry.id("question_id");
        String question = entry.text("question").replace(OWN_INSTRUCTION, "");
        return new Sample(
                category + "-" + picture + "-" + answer,
                category,
                Questions.picture(files, entry, "image", entry.text("image")),
                Questions.ask(question, Questions.SHORT_ANSWER),
                List.of(answer),
                List.of(),
                List.of(),
                Map.of(PICTURE, picture));
    }

    @Override
    public String name() {
        return "mme";
    }

    @Override
    public int maxTokens() {
        return 16;
    }

    @Override
    public double score(Sample sample, String answer) {
        boolean goldYes = sample.answers().getFirst().equals("yes");
        return MmeScore.said(answer) == (goldYes ? MmeScore.Said.YES : MmeScore.Said.NO) ? 1 : 0;
    }

    /// Perception's points of 2000, cognition's of 800, then each subtask's of 200.
    @Override
    public List<Metric> metrics(List<Scored> scored) {
        Map<String, List<MmeScore.Answered>> subtasks = new TreeMap<>();
        for (Scored one : scored) {
            String picture =
                    one.sample().labels().getOrDefault(PICTURE, one.sample().image());
            subtasks.computeIfAbsent(one.sample().group(), _ -> new ArrayList<>())
                    .add(new MmeScore.Answered(picture, one.score() == 1));
        }
        Map<String, MmeScore> scores = new TreeMap<>();
        subtasks.forEach((subtask, answers) -> scores.put(subtask, MmeScore.of(answers)));
        List<Metric> metrics = new ArrayList<>();
        metrics.add(sum("perception", MmeScore.PERCEPTION, scores));
        metrics.add(sum("cognition", MmeScore.COGNITION, scores));
        scores.forEach((subtask, score) -> metrics.add(points(subtask, score.points(), score.questions())));
        return metrics;
    }

    private static Metric sum(String name, List<String> subtasks, Map<String, MmeScore> scores) {
        List<MmeScore> parts =
                subtasks.stream().filter(scores::containsKey).map(scores::get).toList();
        return points(
                name,
                parts.stream().mapToDouble(MmeScore::points).sum(),
                parts.stream().mapToInt(MmeScore::questions).sum());
    }

    private static Metric points(String name, double points, int count) {
        return new Metric(name, points, points, points, count);
    }

    @Override
    public List<String> notes() {
        return List.of(
                "Perception and cognition are points of 2000 and 800; papers quote perception alone or the sum.");
    }
}
