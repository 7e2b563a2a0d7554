package dev.fovea.eval.score;

import java.util.List;
import java.util.Locale;

/// The same text or not, after a little cleaning.
public final class ExactMatch {
    private ExactMatch() {}

    /// HR-Mini: white space at the ends does not count; case does.
    public static boolean trimmed(String answer, List<String> golds) {
        String said = PythonText.strip(answer);
        return golds.stream().anyMatch(gold -> PythonText.strip(gold).equals(said));
    }

    /// GQA: the periods at the end are dropped and case does not count (`scripts/convert_gqa_for_eval.py` of LLaVA).
    public static boolean gqa(String answer, String gold) {
        int end = answer.length();
        while (end > 0 && answer.charAt(end - 1) == '.') {
            end--;
        }
        return answer.substring(0, end).toLowerCase(Locale.ROOT).equals(gold.toLowerCase(Locale.ROOT));
    }
}
