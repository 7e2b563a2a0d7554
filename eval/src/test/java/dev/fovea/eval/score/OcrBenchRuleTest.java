package dev.fovea.eval.score;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class OcrBenchRuleTest {
    @Test
    void aGoldTextAnywhereInTheAnswerIsAHit() {
        assertThat(OcrBenchRule.TEXT.hit("The sign says CENTRE.", List.of("north", "Centre")))
                .isTrue();
        assertThat(OcrBenchRule.TEXT.hit("The sign says CENTER.", List.of("north", "Centre")))
                .isFalse();
    }

    @Test
    void lineBreaksAreSpaces() {
        assertThat(OcrBenchRule.TEXT.hit("total\n12", List.of(" Total 12 "))).isTrue();
        assertThat(OcrBenchRule.TEXT.hit("total12", List.of("total 12"))).isFalse();
    }

    @Test
    void formulasIgnoreSpacesButNotCase() {
        assertThat(OcrBenchRule.FORMULA.hit("\\frac { a }\n{ b } + 1", List.of("\\frac{a} {b}")))
                .isTrue();
        assertThat(OcrBenchRule.FORMULA.hit("X ^ 2", List.of("x^2"))).isFalse();
    }

    @Test
    void fullWidthLettersAreFoldedOnlyWhereAsked() {
        assertThat(OcrBenchRule.FOLDED_TEXT.hit("ＡＢＣ　１２～", List.of("abc 12~"))).isTrue();
        assertThat(OcrBenchRule.TEXT.hit("ＡＢＣ　１２～", List.of("abc 12~"))).isFalse();
    }

    @Test
    void onlyHandwrittenFormulasAreComparedAsFormulas() {
        assertThat(OcrBenchRule.of("HME100k")).isEqualTo(OcrBenchRule.FORMULA);
        assertThat(OcrBenchRule.of("IIIT5K")).isEqualTo(OcrBenchRule.TEXT);
    }
}
