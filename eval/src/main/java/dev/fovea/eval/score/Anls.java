package dev.fovea.eval.score;

import java.util.List;
import java.util.Locale;

/// Average normalised Levenshtein similarity, DocVQA's measure: `1 - distance / length` of the closest gold answer, and
/// nothing below one half.
public enum Anls {
    /// Lower-cased and stripped, also for the length (`m4c_evaluator.py`, `STVQAANLSEvaluator`).
    ///
    /// Unlike the reference, which divides by zero, two empty texts are alike.
    M4C {
        @Override
        String comparable(String text) {
            return PythonText.strip(text.toLowerCase(Locale.ROOT));
        }

        @Override
        int length(String text) {
            return codePoints(comparable(text));
        }
    },

    /// White space is collapsed for the distance, but the length is that of the unprocessed text in capitals
    /// (lmms-eval, `lmms_eval/api/metrics.py`, `anls`). Stray spaces in an answer make it look closer.
    LMMS_EVAL {
        @Override
        String comparable(String text) {
            return String.join(" ", PythonText.words(text.toLowerCase(Locale.ROOT)));
        }

        @Override
        int length(String text) {
            return codePoints(text.toUpperCase(Locale.ROOT));
        }
    };

    /// A similarity of exactly this counts.
    private static final double THRESHOLD = 0.5;

    /// The similarity of `answer` to the closest of `golds`, 0 or 0.5 … 1.
    public double score(String answer, List<String> golds) {
        double best = 0;
        for (String gold : golds) {
            best = Math.max(best, similarity(answer, gold));
        }
        return best < THRESHOLD ? 0 : best;
    }

    private double similarity(String answer, String gold) {
        int length = Math.max(length(answer), length(gold));
        if (length == 0) {
            return 1;
        }
        int[] a = comparable(answer).codePoints().toArray();
        int[] b = comparable(gold).codePoints().toArray();
        return 1 - (double) distance(a, b) / length;
    }

    abstract String comparable(String text);

    abstract int length(String text);

    private static int codePoints(String text) {
        return text.codePointCount(0, text.length());
    }

    /// Insertions, deletions and replacements that lead from `a` to `b`.
    static int distance(int[] a, int[] b) {
        int[] row = new int[b.length + 1]; // [b.length + 1], distances of the first i of a to the first j of b
        for (int j = 0; j <= b.length; j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length; i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length; j++) {
                int above = row[j];
                int replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                row[j] = Math.min(replaced, 1 + Math.min(above, row[j - 1]));
                diagonal = above;
            }
        }
        return row[b.length];
    }
}
