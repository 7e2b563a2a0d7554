package dev.fovea.eval.task;

import dev.fovea.eval.Sample;
import dev.fovea.eval.file.Entry;
import dev.fovea.eval.file.TaskFiles;
import dev.fovea.eval.score.VqaAccuracy;
import java.util.List;
import java.util.Map;

/// TextVQA, validation 0.5.1: 5000 questions about text in photographs, scored by VQA accuracy.
///
/// ```
/// TextVQA_0.5.1_val.json   {"data": [{"question_id", "image_id", "question", "answers": [10 texts]}…]}
/// train_images/ID.jpg      as published
/// ```
///
/// or the same entries as lines of `questions.jsonl`, with `images/ID.jpg` (or `.png`); a field `image` names another
/// file, and `ocr_tokens` is a list of texts. The question is followed by the short-answer instruction.
///
/// @param ocrTokens whether the prompt lists the entry's OCR tokens, as LLaVA's scripts do
public record TextVqa(Questions questions, boolean ocrTokens) implements FileTask {
    private static final int PEOPLE = 10;

    /// Reads the task's files, which it closes when it is closed.
    public static TextVqa read(TaskFiles files, boolean ocrTokens) {
        List<Entry> entries = Questions.entries(files, "data", "TextVQA_0.5.1_val.json");
        return new TextVqa(Questions.of(files, entries, entry -> sample(files, entry, ocrTokens)), ocrTokens);
    }

    private static Sample sample(TaskFiles files, Entry entry, boolean ocrTokens) {
        List<String> answers = entry.texts("answers");
        if (answers.size() != PEOPLE) {
            throw entry.wrong("answers", PEOPLE + " answers", answers.size() + "");
        }
        return new Sample(
                entry.id("question_id"),
                "textvqa",
                picture(files, entry),
                Questions.ask(question(entry, ocrTokens), Questions.SHORT_ANSWER),
                answers,
                List.of(),
                List.of(),
                Map.of());
    }

    private static String picture(TaskFiles files, Entry entry) {
        if (entry.has("image")) {
            return Questions.picture(files, entry, "image", entry.text("image"));
        }
        String id = entry.id("image_id");
        return Questions.picture(files, entry, "image_id", "train_images/" + id + ".jpg", id + ".jpg", id + ".png");
    }

    /// As in LLaVA's `llava_textvqa_val_v051_ocr.jsonl`.
    private static String question(Entry entry, boolean ocrTokens) {
        String question = entry.text("question").strip();
        return ocrTokens
                ? question + "\nReference OCR token: " + String.join(", ", entry.texts("ocr_tokens"))
                : question;
    }

    @Override
    public String name() {
        return ocrTokens ? "textvqa-ocr" : "textvqa";
    }

    @Override
    public int maxTokens() {
        return 16;
    }

    @Override
    public double score(Sample sample, String answer) {
        return VqaAccuracy.score(answer, sample.answers());
    }

    @Override
    public List<String> notes() {
        return List.of(
                ocrTokens
                        ? "The prompt lists reference OCR tokens, as LLaVA's scripts do; numbers without them are"
                                + " lower and must not be compared."
                        : "The prompt has no reference OCR tokens, as lmms-eval's has none; LLaVA's scripts list them"
                                + " and score about 12 points higher.",
                "Questions are asked in the file's own case; lmms-eval capitalises them.");
    }
}
