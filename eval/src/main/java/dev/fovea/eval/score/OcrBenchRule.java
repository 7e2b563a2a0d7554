package dev.fovea.eval.score;

import java.util.List;
import java.util.Locale;

/// OCRBench's rule: a gold text occurs in the answer (MultimodalOCR, `OCRBench/example.py`); the modes say how the two
/// are compared.
public enum OcrBenchRule {
    /// Lower-cased and stripped, line breaks as spaces: every data set but one.
    TEXT {
        @Override
        String comparable(String text) {
            return PythonText.strip(text.toLowerCase(Locale.ROOT)).replace('\n', ' ');
        }
    },

    /// As [#TEXT], with the full-width forms of ASCII folded to ASCII, as lmms-eval does it.
    FOLDED_TEXT {
        @Override
        String comparable(String text) {
            return TEXT.comparable(narrow(text));
        }
    },

    /// Handwritten formulas (HME100k): case matters, spaces do not.
    FORMULA {
        @Override
        String comparable(String text) {
            return PythonText.strip(text).replace("\n", " ").replace(" ", "");
        }
    };

    private static final String FORMULAS = "HME100k";

    /// The mode for the questions of `dataset`.
    public static OcrBenchRule of(String dataset) {
        return dataset.equals(FORMULAS) ? FORMULA : TEXT;
    }

    /// Whether any of `golds` occurs in `answer`.
    public boolean hit(String answer, List<String> golds) {
        String said = comparable(answer);
        return golds.stream().anyMatch(gold -> said.contains(comparable(gold)));
    }

    abstract String comparable(String text);

    /// U+FF01 … U+FF5E are ASCII's printable characters in the same order, U+3000 is the wide space.
    private static String narrow(String text) {
        StringBuilder out = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\u3000') {
                out.append(' ');
            } else {
                out.append(c >= '\uff01' && c <= '\uff5e' ? (char) (c - 0xff01 + '!') : c);
            }
        }
        return out.toString();
    }
}
