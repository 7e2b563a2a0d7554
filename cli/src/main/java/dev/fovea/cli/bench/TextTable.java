package dev.fovea.cli.bench;

import java.util.ArrayList;
import java.util.List;

/// Text in columns: the first flush left, the others flush right.
final class TextTable {
    private static final String GAP = "  ";

    private final List<List<String>> lines = new ArrayList<>();

    TextTable(List<String> names) {
        lines.add(List.copyOf(names));
    }

    /// One cell for each column.
    void add(List<String> cells) {
        if (cells.size() != lines.getFirst().size()) {
            throw new IllegalArgumentException(
                    "table: expected " + lines.getFirst().size() + " cells, found " + cells.size());
        }
        lines.add(List.copyOf(cells));
    }

    String text() {
        int columns = lines.getFirst().size();
        int[] widths = new int[columns];
        for (List<String> line : lines) {
            for (int c = 0; c < columns; c++) {
                widths[c] = Math.max(widths[c], line.get(c).length());
            }
        }
        List<String> out = new ArrayList<>();
        for (List<String> line : lines) {
            StringBuilder text = new StringBuilder();
            for (int c = 0; c < columns; c++) {
                String cell = line.get(c);
                String fill = " ".repeat(widths[c] - cell.length());
                text.append(c == 0 ? cell + fill : GAP + fill + cell);
            }
            out.add(text.toString().stripTrailing());
        }
        return String.join(System.lineSeparator(), out);
    }
}
