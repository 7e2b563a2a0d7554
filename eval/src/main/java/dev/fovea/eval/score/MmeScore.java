package dev.fovea.eval.score;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/// MME's score of one subtask: per cent of questions right plus per cent of pictures with both questions right, at most
/// 200 (the benchmark's `calculation.py`; lmms-eval `lmms_eval/tasks/mme/utils.py`).
///
/// @param accuracy     per cent of questions
/// @param accuracyPlus per cent of pictures
/// @param questions    how many it is made of
public record MmeScore(double accuracy, double accuracyPlus, int questions) {
    /// The subtasks of perception, 2000 points together.
    public static final List<String> PERCEPTION = List.of(
            "existence", "count", "position", "color", "posters", "celebrity", "scene", "landmark", "artwork", "OCR");

    /// The subtasks of cognition, 800 points together.
    public static final List<String> COGNITION =
            List.of("commonsense_reasoning", "numerical_calculation", "text_translation", "code_reasoning");

    private static final int PER_PICTURE = 2;

    /// Only so many characters of a longer answer are looked at.
    private static final int PREFIX = 4;

    /// What an answer says.
    public enum Said {
        YES,
        NO,
        /// Neither, which is wrong.
        OTHER
    }

    /// One answer: which picture it is about and whether it is right.
    public record Answered(String picture, boolean right) {}

    /// Reads an answer. `yes` anywhere in the first four characters goes before `no`, so `nope` and `know` are no.
    public static Said said(String answer) {
        String text = PythonText.strip(answer.toLowerCase(Locale.ROOT)).replace(".", "");
        if (text.equals("y")) {
            return Said.YES;
        }
        if (text.equals("n")) {
            return Said.NO;
        }
        String prefix = text.substring(0, Math.min(PREFIX, text.length()));
        if (prefix.contains("yes")) {
            return Said.YES;
        }
        return prefix.contains("no") ? Said.NO : Said.OTHER;
    }

    /// The score of one subtask. Unlike the reference, which stops, a picture with one answer, as in a run that is
    /// cut short, counts for the accuracy and not for the pictures.
    public static MmeScore of(List<Answered> answers) {
        Map<String, List<Boolean>> pictures = new TreeMap<>();
        int right = 0;
        for (Answered answer : answers) {
            pictures.computeIfAbsent(answer.picture(), _ -> new ArrayList<>()).add(answer.right());
            right += answer.right() ? 1 : 0;
        }
        int pairs = 0;
        int both = 0;
        for (List<Boolean> pair : pictures.values()) {
            pairs += pair.size() == PER_PICTURE ? 1 : 0;
            both += pair.size() == PER_PICTURE && !pair.contains(false) ? 1 : 0;
        }
        return new MmeScore(percent(right, answers.size()), percent(both, pairs), answers.size());
    }

    /// Accuracy and accuracy plus, together.
    public double points() {
        return accuracy + accuracyPlus;
    }

    private static double percent(int part, int whole) {
        return whole == 0 ? 0 : 100.0 * part / whole;
    }
}
