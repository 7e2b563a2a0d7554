package dev.fovea.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// The lines and tables of `fovea bench`.
class BenchTest {
    @Test
    void methodsWithoutABudgetHaveOneLine() {
        List<Line> lines = Line.all(List.of("none", "hired", "hired/fastv"), List.of("0.4", "0.2"), Optional.empty());

        assertThat(lines)
                .extracting(Line::name)
                .containsExactly("none", "hired 0.4", "hired 0.2", "hired,fastv 0.4", "hired,fastv 0.2");
    }

    @Test
    void columnsAreAligned() {
        TextTable table = new TextTable(List.of("method", "rows"));
        table.add(List.of("none", "2988"));
        table.add(List.of("flexattention", "7"));

        assertThat(table.text().lines())
                .containsExactly("method         rows", "none           2988", "flexattention     7");
    }
}
