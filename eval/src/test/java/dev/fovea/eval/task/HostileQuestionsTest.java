package dev.fovea.eval.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.fovea.eval.file.TaskFormatException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostileQuestionsTest {
    private static final long SEED = 20_261_121;

    /// A good line of each task in our layout, every field of it required.
    private static final Map<String, String> GOOD = good();

    @TempDir
    Path folder;

    private Layout layout = new Layout(Path.of(""));

    @BeforeEach
    void makePicture() {
        layout = new Layout(folder).pictures("images/p.png");
    }

    @Test
    void everyTaskIsCovered() {
        assertThat(GOOD.keySet()).containsExactlyInAnyOrderElementsOf(Tasks.names());
    }

    @Test
    void goodLinesAreTaken() {
        GOOD.forEach((name, line) -> {
            layout.json("questions.jsonl", line);
            assertThat(layout.open(name).samples()).as(name).hasSize(1);
            assertThat(layout.open(name).name()).isEqualTo(name);
        });
    }

    @Test
    void aCutLineIsRefusedWithItsPlace() {
        GOOD.forEach((name, line) -> {
            layout.json("questions.jsonl", line, line.substring(0, line.length() / 2));
            Layout.fails(() -> layout.open(name), "questions.jsonl, line 2");
        });
    }

    @Test
    void aMissingFieldIsRefusedWithItsName() {
        GOOD.forEach((name, line) -> {
            for (String field : fields(line)) {
                layout.json("questions.jsonl", line.replace("'" + field + "':", "'gone':"));
                boolean passedOver = name.equals("scienceqa") && field.equals("image");
                String message = passedOver ? "expected questions about pictures" : "line 1, field " + field;
                Layout.fails(() -> layout.open(name), message);
            }
        });
    }

    @Test
    void aFieldOfTheWrongTypeIsRefusedWithItsName() {
        GOOD.forEach((name, line) -> {
            for (String field : fields(line)) {
                layout.json("questions.jsonl", line.replace("'" + field + "':", "'" + field + "':{},'gone':"));
                Layout.fails(() -> layout.open(name), "line 1, field " + field);
            }
        });
    }

    @Test
    void aDuplicateIsRefused() {
        GOOD.forEach((name, line) -> {
            layout.json("questions.jsonl", line, line);
            if (!name.equals("chartqa") && !name.equals("ocrbench")) { // their ids are line numbers
                Layout.fails(() -> layout.open(name), "line 2, field id: expected one that no other question has");
            }
        });
    }

    @Test
    void aMissingPictureIsRefusedWithItsName() {
        GOOD.forEach((name, line) -> {
            layout.json("questions.jsonl", line.replace("'p.png'", "'gone.png'").replace("'p'", "'gone'"));
            Layout.fails(() -> layout.open(name), "gone.png");
        });
    }

    @Test
    void aPictureOutsideIsRefused() {
        GOOD.forEach((name, line) -> {
            for (String path : List.of("../secret.png", "/etc/passwd", "images/../../x")) {
                String hostile = line.replace("'p.png'", "'" + path + "'").replace("'p'", "'" + path + "'");
                layout.json("questions.jsonl", hostile);
                Layout.fails(() -> layout.open(name), "expected a relative file name");
            }
        });
    }

    /// Random bytes put over a good line either leave a task or a fault that names the file, never anything else.
    @Test
    void randomDamageIsNamedOrHarmless() {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(SEED);
        GOOD.forEach((name, line) -> {
            for (int round = 0; round < 50; round++) {
                StringBuilder damaged = new StringBuilder(line);
                for (int i = 0; i < 3; i++) {
                    damaged.setCharAt(random.nextInt(damaged.length()), (char) random.nextInt(' ', 0x7f));
                }
                layout.json("questions.jsonl", damaged.toString());
                try {
                    layout.open(name).close();
                } catch (TaskFormatException e) {
                    assertThat(e).as("seed %d: %s", SEED, damaged).hasMessageContaining(folder.toString());
                }
            }
        });
    }

    @Test
    void unknownNamesListTheKnownOnes() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Tasks.open("textvq:/x", Optional.empty()))
                .withMessage("task: expected one of " + String.join(", ", Tasks.names()) + ", found textvq");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Tasks.open("textvqa", Optional.empty()))
                .withMessageContaining("textvqa:PATH");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Tasks.open("hr-mini", Optional.empty()))
                .withMessageContaining("hr-mini:PATH");
        assertThatExceptionOfType(TaskFormatException.class)
                .isThrownBy(() -> Tasks.open("pope:" + folder.resolve("none"), Optional.empty()))
                .withMessageContaining("expected a folder or a zip, found nothing of that name");
    }

    @Test
    void aFolderWithoutQuestionsNamesTheFileThatIsMissing() {
        for (String name : Tasks.names()) {
            Layout.fails(() -> layout.open(name), "found nothing of that name");
        }
    }

    private static List<String> fields(String line) {
        return Pattern.compile("'(\\w+)':")
                .matcher(line)
                .results()
                .map(found -> found.group(1))
                .toList();
    }

    private static Map<String, String> good() {
        Map<String, String> good = new HashMap<>();
        String ten = "['a','a','a','a','a','a','a','a','a','a']";
        good.put("hr-mini", "{'id':'1','image':'p.png','question':'q','answer':'a','task':'t'}");
        good.put("textvqa", "{'question_id':1,'image_id':'p','question':'q','answers':" + ten + "}");
        good.put(
                "textvqa-ocr",
                "{'question_id':1,'image_id':'p','question':'q','answers':" + ten + ",'ocr_tokens':['x']}");
        good.put("docvqa", "{'questionId':1,'question':'q','image':'p.png','answers':['a']}");
        good.put("chartqa", "{'imgname':'p.png','query':'q','label':'1','type':'human'}");
        good.put(
                "vstar",
                "{'image':'p.png','category':'direct_attributes','target_object':['x'],'bbox':[[0,0,1,1]],"
                        + "'question':'q','options':['a','b']}");
        good.put(
                "vstar-letters",
                "{'question_id':1,'image':'p.png','text':'q (A) x (B) y','category':'relative_position','label':'A'}");
        good.put("pope", "{'question_id':1,'image':'p.png','text':'q','label':'yes','category':'random'}");
        good.put("ocrbench", "{'dataset_name':'d','type':'t','question':'q','image_path':'p.png','answers':['a']}");
        good.put("mme", "{'question_id':1,'image':'p.png','question':'q','answer':'Yes','category':'OCR'}");
        good.put("scienceqa", "{'id':1,'question':'q','choices':['a','b'],'answer':0,'image':'p.png'}");
        good.put("mmbench", "{'index':1,'image':'p.png','question':'q','A':'x','B':'y','answer':'B'}");
        return good;
    }
}
