package dev.fovea.eval.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.fovea.eval.Sample;
import dev.fovea.eval.Task;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// TextVQA, DocVQA, ChartQA and OCRBench in their published layouts.
class TextTasksTest {
    private static final String PEOPLE = "['nokia','Nokia','phone','a','b','c','d','e','f','g']";
    private static final String SHORT = "\nAnswer the question using a single word or phrase.";

    @TempDir
    Path folder;

    @Test
    void textVqaReadsThePublishedDocument() {
        Layout layout = new Layout(folder)
                .json(
                        "TextVQA_0.5.1_val.json",
                        "{'dataset_name':'textvqa','data':[{'question_id':34602,'image_id':'003a','question':'what is the"
                                + " brand?','answers':" + PEOPLE + "}]}")
                .pictures("train_images/003a.jpg");
        try (Task task = layout.open("textvqa")) {
            Sample sample = task.samples().getFirst();
            assertThat(sample.id()).isEqualTo("34602");
            assertThat(sample.image()).isEqualTo("train_images/003a.jpg");
            assertThat(sample.question()).isEqualTo("what is the brand?" + SHORT);
            assertThat(task.score(sample, "NOKIA.")).isCloseTo(0.6, within(1e-15)); // 2 of 10
            assertThat(task.notes().getFirst()).contains("no reference OCR tokens");
        }
    }

    @Test
    void textVqaListsOcrTokensOnlyWhenAsked() {
        Layout layout = new Layout(folder)
                .json(
                        "questions.jsonl",
                        "{'question_id':1,'image_id':'x','question':'what?','answers':" + PEOPLE
                                + ",'ocr_tokens':['DAKOTA','DIGITAL']}")
                .pictures("images/x.png");
        try (Task plain = layout.open("textvqa");
                Task hinted = layout.open("textvqa-ocr")) {
            assertThat(plain.samples().getFirst().question()).isEqualTo("what?" + SHORT);
            assertThat(hinted.samples().getFirst().question())
                    .isEqualTo("what?\nReference OCR token: DAKOTA, DIGITAL" + SHORT);
            assertThat(hinted.name()).isEqualTo("textvqa-ocr");
        }
    }

    @Test
    void textVqaWantsTenAnswers() {
        Layout layout = new Layout(folder)
                .json("questions.jsonl", "{'question_id':1,'image_id':'x','question':'what?','answers':['a']}")
                .pictures("images/x.png");
        Layout.fails(() -> layout.open("textvqa"), "line 1, field answers: expected 10 answers, found 1");
    }

    @Test
    void docVqaReadsThePublishedDocumentAndOurLines() {
        String entry = "{'questionId':49153,'question':'What is the date?','image':'documents/a_1.png',"
                + "'docId':1,'answers':['May 1st','1 May'],'data_split':'val'}";
        Layout layout = new Layout(folder)
                .json("val_v1.0_withQT.json", "{'data':[" + entry + "]}")
                .pictures("documents/a_1.png");
        try (Task task = layout.open("docvqa")) {
            Sample sample = task.samples().getFirst();
            assertThat(sample.question()).isEqualTo("What is the date?" + SHORT);
            assertThat(task.score(sample, "1 may")).isEqualTo(1);
            assertThat(task.score(sample, "1 Mai")).isCloseTo(0.8, within(1e-15)); // one letter of five
            assertThat(task.score(sample, "never")).isZero();
            assertThat(task.maxTokens()).isEqualTo(32);
        }
        layout.json("questions.jsonl", entry.replace("49153", "7"));
        try (Task task = layout.open("docvqa")) { // our own file goes first
            assertThat(task.samples().getFirst().id()).isEqualTo("7");
        }
    }

    @Test
    void chartQaReadsBothHalvesAndReportsThem() {
        Layout layout = new Layout(folder)
                .json(
                        "test_human.json",
                        "[{'imgname':'1.png','query':'How many?','label':'14'},"
                                + "{'imgname':'2.png','query':'Is it?','label':'Yes'}]")
                .json("test_augmented.json", "[{'imgname':'1.png','query':'What share?','label':'45%'}]")
                .pictures("png/1.png", "png/2.png");
        try (Task task = layout.open("chartqa")) {
            assertThat(task.samples())
                    .extracting(Sample::id)
                    .containsExactly("human-1", "augmented-1", "human-2"); // by picture
            assertThat(task.samples().getFirst().question())
                    .isEqualTo("How many?\nAnswer the question with a single word.");
            Map<String, Double> values = Layout.values(task, Layout.scored(task, "14.5 ", "45", "yes"));
            assertThat(values).containsEntry("human", 100.0).containsEntry("augmented", 0.0);
            assertThat(values.get("all")).isCloseTo(200 / 3.0, within(1e-12));
        }
    }

    @Test
    void chartQaLinesSayTheirHalf() {
        Layout layout = new Layout(folder)
                .json("questions.jsonl", "{'imgname':'1.png','query':'How many?','label':'14','type':'robot'}")
                .pictures("images/1.png");
        Layout.fails(() -> layout.open("chartqa"), "field type: expected human or augmented, found robot");
    }

    @Test
    void ocrBenchCountsHits() {
        String formula = "{'dataset_name':'HME100k','type':'Handwritten Mathematical Expression Recognition','id':0,"
                + "'question':'Write it.','image_path':'HME/1.jpg','answers':['x ^ { 2 }']}";
        Layout layout = new Layout(folder)
                .json(
                        "OCRBench.json",
                        "[{'dataset_name':'IIIT5K','type':'Regular Text Recognition','id':0,'question':'what is"
                                + " written?','image_path':'./IIIT5K/1.png','answers':['CENTRE']}," + formula + "]")
                .pictures("IIIT5K/1.png", "images/HME/1.jpg");
        try (Task task = layout.open("ocrbench")) {
            assertThat(task.samples().getFirst().question()).isEqualTo("what is written?");
            Map<String, Double> values = Layout.values(task, Layout.scored(task, "it says centre", "X^{2}"));
            assertThat(values)
                    .containsEntry("hits", 1.0)
                    .containsEntry("text recognition hits", 1.0)
                    .containsEntry("all", 50.0)
                    .containsEntry("Handwritten Mathematical Expression Recognition", 0.0);
            assertThat(task.score(task.samples().get(1), "$x^{2}$")).isEqualTo(1);
        }
    }
}
