package dev.fovea.eval.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Answers survive a process that is killed at any moment.
class JournalTest {
    private static final Arm HIRED = new Arm("mini", "hired", "0.2");

    @TempDir
    Path directory;

    private static Line line(Arm arm, String id, double recall) {
        return new Line(arm, id, "a \"quoted\"\nanswer ü", 0.3, 81, 423, 0, recall, 3, 1L << 40, 5, 6, 7, 1L << 50, 9);
    }

    private Path file() {
        return directory.resolve("answers.jsonl");
    }

    @Test
    void whatIsWrittenIsRead() {
        Line one = line(HIRED, "1", 0.25);
        Line other = line(new Arm("mini", "none", ""), "1", Double.NaN);
        try (Journal journal = Journal.open(directory)) {
            journal.append(List.of(one, other));
        }
        assertThat(Journal.read(directory)).containsExactly(one, other);
        try (Journal journal = Journal.open(directory)) {
            assertThat(journal.lines()).containsExactly(one, other);
            assertThat(journal.has(HIRED, "1")).isTrue();
            assertThat(journal.has(HIRED, "2")).isFalse();
        }
    }

    @Test
    void anUnfinishedLineIsCutOffAndTheRestCounts() throws IOException {
        try (Journal journal = Journal.open(directory)) {
            journal.append(List.of(line(HIRED, "1", 0), line(HIRED, "2", 0)));
        }
        byte[] whole = Files.readAllBytes(file());
        for (int cut = 0; cut <= whole.length; cut++) {
            Files.write(file(), java.util.Arrays.copyOf(whole, cut));
            try (Journal journal = Journal.open(directory)) {
                long complete = new String(whole, 0, cut, java.nio.charset.StandardCharsets.ISO_8859_1)
                        .chars()
                        .filter(c -> c == '\n')
                        .count();
                assertThat(journal.lines()).hasSize((int) complete);
                if (!journal.has(HIRED, "2")) {
                    journal.append(List.of(line(HIRED, "2", 0)));
                }
            }
            assertThat(Journal.read(directory))
                    .extracting(Line::id)
                    .contains("2")
                    .doesNotHaveDuplicates();
        }
    }

    @Test
    void anAnswerIsNotWrittenTwice() {
        try (Journal journal = Journal.open(directory)) {
            journal.append(List.of(line(HIRED, "1", 0)));
            assertThatThrownBy(() -> journal.append(List.of(line(HIRED, "1", 0))))
                    .hasMessageContaining("1 of hired @ 0.2 was answered twice");
        }
    }

    @Test
    void aDamagedLineIsNamed() throws IOException {
        Files.writeString(file(), "{\"model\":\"mini\",\"method\":7}\n", StandardOpenOption.CREATE);
        assertThatThrownBy(() -> Journal.open(directory)).hasMessage(file() + ":1: method: expected a string, found 7");
        Files.writeString(file(), "{\"model\n");
        assertThatThrownBy(() -> Journal.open(directory)).hasMessageStartingWith(file() + ":1: expected a JSON object");
    }

    @Test
    void twoRunsDoNotShareADirectory() {
        try (Journal journal = Journal.open(directory)) {
            assertThat(journal.lines()).isEmpty();
            assertThatThrownBy(() -> Journal.open(directory))
                    .hasMessage(file() + ": expected to be the only run that writes it, found another");
        }
    }
}
