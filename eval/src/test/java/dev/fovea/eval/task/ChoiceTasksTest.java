package dev.fovea.eval.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.fovea.eval.Box;
import dev.fovea.eval.Sample;
import dev.fovea.eval.Task;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// V* Bench, POPE, MME, ScienceQA and MMBench in their layouts.
class ChoiceTasksTest {
    private static final String SHORT = "\nAnswer the question using a single word or phrase.";
    private static final String LETTER = "\nAnswer with the option's letter from the given choices directly.";

    @TempDir
    Path folder;

    @Test
    void vStarReadsOneDocumentForEachPicture() {
        Layout layout = new Layout(folder)
                .json(
                        "direct_attributes/sa_1.json",
                        "{'target_object':['glove'],'bbox':[[10,20,30,40]],'question':'What is the color of the"
                                + " glove?','options':['The glove is red.','The glove is blue.']}")
                .json(
                        "relative_position/sa_2.json",
                        "{'target_object':['cup','dog'],'bbox':[[1,2,3,4],[5,6,7,8]],'question':'Is the cup left of the"
                                + " dog?','options':['Left.','Right.']}")
                .pictures("direct_attributes/sa_1.jpg", "relative_position/sa_2.jpg");
        try (Task task = layout.open("vstar")) {
            assertThat(task.byLikelihood()).isTrue();
            Sample sample = task.samples().getFirst();
            assertThat(sample.question()).isEqualTo("What is the color of the glove?");
            assertThat(sample.evidence()).containsExactly(new Box(10, 20, 40, 60));
            assertThat(sample.options()).containsExactly("The glove is red.", "The glove is blue.");
            Map<String, Double> values = Layout.values(task, Layout.scored(task, "The glove is red.", "Right."));
            assertThat(values)
                    .containsEntry("all", 50.0)
                    .containsEntry("direct_attributes", 100.0)
                    .containsEntry("relative_position", 0.0);
        }
    }

    @Test
    void vStarReadsTheSameAsLines() {
        Layout layout = new Layout(folder)
                .json(
                        "questions.jsonl",
                        "{'image':'a.png','category':'direct_attributes','target_object':['x'],'bbox':[[0,0,1,1]],"
                                + "'question':'What?','options':['A','B']}")
                .pictures("images/a.png");
        try (Task task = layout.open("vstar")) {
            assertThat(task.samples().getFirst().image()).isEqualTo("images/a.png");
        }
        layout.json("questions.jsonl", "{'image':'a.png','category':'GPT4V-hard'}");
        Layout.fails(() -> layout.open("vstar"), "field category: expected direct_attributes or relative_position");
    }

    @Test
    void vStarByLetterPutsTheOptionsOnLines() {
        Layout layout = new Layout(folder)
                .json(
                        "test_questions.jsonl",
                        "{'image':'direct_attributes/sa_1.jpg','text':'What color?\\n(A) red\\n(B) dark blue\\nAnswer with"
                                + " the option@s letter from the given choices directly.','category':"
                                        .replace("@", "\\u0027")
                                + "'direct_attributes','label':'B','question_id':0}")
                .pictures("direct_attributes/sa_1.jpg");
        try (Task task = layout.open("vstar-letters")) {
            Sample sample = task.samples().getFirst();
            assertThat(sample.question()).isEqualTo("What color?\nA. red\nB. dark blue" + LETTER);
            assertThat(sample.options()).containsExactly("red", "dark blue");
            assertThat(task.byLikelihood()).isFalse();
            assertThat(task.score(sample, "(B)")).isEqualTo(1);
            assertThat(task.score(sample, "A")).isZero();
        }
    }

    @Test
    void vStarByLetterWantsOptionsAndALabelAmongThem() {
        Layout layout = new Layout(folder).pictures("images/a.png");
        String line = "{'image':'a.png','text':'What? (A) x (B) y','category':'direct_attributes','label':'C',"
                + "'question_id':0}";
        layout.json("questions.jsonl", line);
        Layout.fails(
                () -> layout.open("vstar-letters"), "field label: expected the letter of one of 2 options, found C");
        layout.json("questions.jsonl", line.replace("(B)", "B"));
        Layout.fails(() -> layout.open("vstar-letters"), "field text: expected a question with options");
    }

    /// Random: yes label said yes, no label said yes: F1 = 2/3. Popular: one no label said no, one yes label said
    /// yes: F1 = 1. Adversarial: a yes label said no: F1 = 0. Mean 5/9.
    @Test
    void popeReadsItsThreeSplitsAndReportsTheMeanF1() {
        Layout layout = new Layout(folder)
                .json("coco_pope_random.json", pope(1, "yes"), pope(2, "no"))
                .json("coco_pope_popular.json", pope(1, "no"), pope(2, "yes"))
                .json("coco_pope_adversarial.json", pope(1, "yes"))
                .pictures("val2014/COCO_1.jpg", "val2014/COCO_2.jpg");
        try (Task task = layout.open("pope")) {
            assertThat(task.samples())
                    .extracting(Sample::id)
                    .containsExactly("random-1", "popular-1", "adversarial-1", "random-2", "popular-2");
            assertThat(task.samples().getFirst().question()).isEqualTo("Is there a dog in the image?" + SHORT);
            Map<String, Double> values =
                    Layout.values(task, Layout.scored(task, "Yes.", "No, none", "no", "Yes, there is", "Yes"));
            assertThat(values.get("f1")).isCloseTo(500 / 9.0, within(1e-12));
            assertThat(values)
                    .containsEntry("f1 popular", 100.0)
                    .containsEntry("accuracy random", 50.0)
                    .containsEntry("precision random", 50.0)
                    .containsEntry("recall random", 100.0)
                    .containsEntry("yes random", 100.0)
                    .containsEntry("f1 adversarial", 0.0);
        }
    }

    @Test
    void popeLinesNameTheirSplit() {
        Layout layout = new Layout(folder)
                .json("questions.jsonl", pope(1, "yes").replace("}", ",'category':'random'}"))
                .pictures("images/COCO_1.jpg");
        try (Task task = layout.open("pope")) {
            assertThat(task.samples().getFirst().group()).isEqualTo("random");
        }
        layout.json("questions.jsonl", pope(1, "maybe").replace("}", ",'category':'random'}"));
        Layout.fails(() -> layout.open("pope"), "field label: expected yes or no, found maybe");
    }

    private static String pope(int id, String label) {
        return "{'question_id':" + id + ",'image':'COCO_" + id + ".jpg','text':'Is there a dog in the image?','label':'"
                + label + "'}";
    }

    /// Count: picture 1 both right, picture 2 one of two: 75 + 50. Existence: one picture, both right: 200.
    @Test
    void mmeAddsUpSubtasks() {
        Layout layout = new Layout(folder)
                .json(
                        "questions.jsonl",
                        mme("count", 1, "Yes"),
                        mme("count", 1, "No"),
                        mme("count", 2, "Yes"),
                        mme("count", 2, "No"),
                        mme("code_reasoning", 3, "Yes"),
                        mme("code_reasoning", 3, "No"))
                .pictures("images/1.png", "images/2.png", "images/3.png");
        try (Task task = layout.open("mme")) {
            assertThat(task.samples().getFirst().question()).isEqualTo("Is it so?" + SHORT);
            Map<String, Double> values =
                    Layout.values(task, Layout.scored(task, "Yes", "no", "Yes", "Yes", "y", "No."));
            assertThat(values)
                    .containsEntry("perception", 125.0)
                    .containsEntry("cognition", 200.0)
                    .containsEntry("count", 125.0)
                    .containsEntry("code_reasoning", 200.0);
        }
        layout.json("questions.jsonl", mme("juggling", 1, "Yes"));
        Layout.fails(() -> layout.open("mme"), "field category: expected one of MME's subtasks, found juggling");
    }

    private static String mme(String category, int picture, String answer) {
        return "{'question_id':'" + category + "/" + picture + ".png','image':'" + picture
                + ".png','question':'Is it so? Please answer yes or no.','answer':'" + answer + "','category':'"
                + category + "'}";
    }

    @Test
    void scienceQaAsksOnlyQuestionsWithAPicture() {
        Layout layout = new Layout(folder)
                .json(
                        "questions.jsonl",
                        "{'id':4,'question':'Which?','choices':['cat','dog'],'answer':1,'hint':'Look.','image':'4.png'}",
                        "{'id':5,'question':'Which?','choices':['cat','dog'],'answer':0,'hint':'','image':null}")
                .pictures("images/4.png");
        try (Task task = layout.open("scienceqa")) {
            assertThat(task.samples()).hasSize(1);
            Sample sample = task.samples().getFirst();
            assertThat(sample.question()).isEqualTo("Which?\nContext: Look.\nA. cat\nB. dog" + LETTER);
            assertThat(task.score(sample, "B")).isEqualTo(1);
            assertThat(task.score(sample, "A. cat")).isZero();
        }
        layout.json("questions.jsonl", "{'id':4,'question':'W','choices':['a','b'],'answer':2,'image':'4.png'}");
        Layout.fails(
                () -> layout.open("scienceqa"), "field answer: expected a whole number from 0 to 1, found number 2");
    }

    @Test
    void mmBenchCountsAQuestionOnlyIfEveryRotationIsRight() {
        String line = "{'index':7,'image':'7.png','question':'Which?','hint':'Look.','A':'cat','B':'dog','C':null,"
                + "'D':'','answer':'B','category':'animals'}";
        String rotated = line.replace("'index':7", "'index':1000007")
                .replace("'cat'", "'DOG'")
                .replace("'dog'", "'cat'")
                .replace("'answer':'B'", "'answer':'A'");
        Layout layout = new Layout(folder)
                .json("questions.jsonl", line, rotated, line.replace("'index':7", "'index':8"))
                .pictures("images/7.png");
        try (Task task = layout.open("mmbench")) {
            assertThat(task.samples().getFirst().question()).isEqualTo("Look.\nWhich?\nA. cat\nB. dog" + LETTER);
            Map<String, Double> values = Layout.values(task, Layout.scored(task, "B.", "B", "a dog"));
            assertThat(values).containsEntry("circular", 50.0); // 8 but not 7
            assertThat(values.get("all")).isCloseTo(200 / 3.0, within(1e-12));
        }
    }
}
