package dev.fovea.eval.task;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.eval.Box;
import dev.fovea.eval.Sample;
import dev.fovea.eval.Task;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HrMiniTest {
    private static final String LINE = "{'id':'0-1','image':'images/0.png','width':252,'height':214,'kind':'receipt',"
            + "'style':'italic','question':'What is the total?','answer':'8.70','task':'keyvalue',"
            + "'evidence':[[91,15,159,30]],'size_px':12.0,'thumbnail':true}";

    @TempDir
    Path folder;

    @Test
    void aLineBecomesASample() {
        Layout layout = new Layout(folder).json("questions.jsonl", LINE).pictures("images/0.png");
        try (Task task = layout.open("hr-mini")) {
            assertThat(task.name()).isEqualTo("hr-mini");
            assertThat(task.maxTokens()).isEqualTo(16);
            Sample sample = task.samples().getFirst();
            assertThat(sample.id()).isEqualTo("0-1");
            assertThat(sample.group()).isEqualTo("keyvalue");
            assertThat(sample.question()).isEqualTo("What is the total?");
            assertThat(sample.evidence()).containsExactly(new Box(91, 15, 159, 30));
            assertThat(sample.labels())
                    .containsEntry("kind", "receipt")
                    .containsEntry("style", "italic")
                    .containsEntry("size_px", "12.0")
                    .containsEntry("thumbnail", "true")
                    .containsEntry("width", "252")
                    .containsEntry("height", "214");
            assertThat(task.score(sample, " 8.70\n")).isEqualTo(1);
            assertThat(task.score(sample, "8.7")).isZero();
            assertThat(task.image(sample.image())).startsWith(0x89, 'P', 'N', 'G');
        }
    }

    @Test
    void questionsAboutOnePictureStandTogether() {
        Layout layout = new Layout(folder)
                .json(
                        "questions.jsonl",
                        LINE,
                        LINE.replace("0-1", "1-1").replace("0.png", "1.png"),
                        LINE.replace("0-1", "0-2"))
                .pictures("images/0.png", "images/1.png");
        try (Task task = layout.open("hr-mini")) {
            assertThat(task.samples()).extracting(Sample::id).containsExactly("0-1", "0-2", "1-1");
        }
    }

    /// The split that is in the repository.
    @Test
    void theShippedSplitOpensAndItsEvidenceLiesInItsPictures() throws IOException {
        Path zip = Path.of("..", "eval-data", "hr-mini", "hr-mini-test.zip");
        assertThat(Files.exists(zip)).isTrue();
        try (Task task = Tasks.open("hr-mini", Optional.of(zip))) {
            List<Sample> samples = task.samples();
            assertThat(samples).hasSizeGreaterThan(1000);
            assertThat(task.metrics(List.of()).getFirst().name()).isEqualTo("all");
            Set<String> groups = new HashSet<>();
            for (Sample sample : samples) {
                groups.add(sample.group());
                double width = Double.parseDouble(sample.labels().getOrDefault("width", "0"));
                double height = Double.parseDouble(sample.labels().getOrDefault("height", "0"));
                assertThat(sample.evidence())
                        .as(sample.id())
                        .allMatch(box -> box.right() <= width && box.bottom() <= height);
            }
            assertThat(groups).contains("coarse", "code", "keyvalue", "attribute", "existence");
            byte[] png = task.image(samples.getFirst().image());
            assertThat(ImageIO.read(new ByteArrayInputStream(png)).getWidth())
                    .isEqualTo(Integer.parseInt(samples.getFirst().labels().getOrDefault("width", "")));
        }
    }
}
