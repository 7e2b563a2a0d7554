package dev.fovea.eval.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TaskFilesTest {
    @TempDir
    Path directory;

    @Test
    void aFolderAndAZipOfItReadAlike() throws IOException {
        Path folder = directory.resolve("task");
        Files.createDirectories(folder.resolve("images"));
        Files.writeString(folder.resolve("questions.jsonl"), "one");
        Files.writeString(folder.resolve("images/b.png"), "two");
        Files.writeString(folder.resolve("images/a.png"), "three");
        Path zip = zip("questions.jsonl", "one", "images/b.png", "two", "images/a.png", "three");
        for (Path path : List.of(folder, zip)) {
            try (TaskFiles files = TaskFiles.open(path)) {
                assertThat(files.has("images/a.png")).isTrue();
                assertThat(files.has("images")).isFalse();
                assertThat(files.has("images/c.png")).isFalse();
                assertThat(files.read("images/a.png", 5)).asString().isEqualTo("three");
                assertThat(files.names("images")).containsExactly("a.png", "b.png");
                assertThat(files.names("none")).isEmpty();
            }
        }
    }

    @Test
    void namesThatCouldLeadOutsideAreRefused() throws IOException {
        Files.writeString(directory.resolve("secret"), "x");
        Path folder = Files.createDirectory(directory.resolve("task"));
        for (Path path : List.of(folder, zip("../secret", "x", "/secret", "x"))) {
            try (TaskFiles files = TaskFiles.open(path)) {
                for (String name : List.of(
                        "../secret",
                        "a/../../secret",
                        "/etc/passwd",
                        "",
                        ".",
                        "a//b",
                        "a/",
                        "a\\..\\b",
                        "C:x",
                        "a\0")) {
                    fails(() -> files.read(name, 10), "without . or ..");
                    fails(() -> files.has(name), "without . or ..");
                    fails(() -> files.names(name), "without . or ..");
                }
            }
        }
    }

    @Test
    void aFileOverTheLimitIsNotRead() throws IOException {
        Path folder = Files.createDirectory(directory.resolve("task"));
        Files.writeString(folder.resolve("long"), "123456");
        for (Path path : List.of(folder, zip("long", "123456"))) {
            try (TaskFiles files = TaskFiles.open(path)) {
                assertThat(files.read("long", 6)).hasSize(6);
                fails(() -> files.read("long", 5), "at most 5 bytes, found 6 bytes");
            }
        }
    }

    /// A megabyte of zeros whose entry claims to have ten bytes, in the central directory and in front of the data.
    @Test
    void aZipThatLiesAboutASizeIsStoppedAtTheLimit() throws IOException {
        byte[] zip = Files.readAllBytes(zip("bomb", "\0".repeat(1 << 20)));
        for (int i = 0; i + 4 <= zip.length; i++) {
            if (zip[i] == 0 && zip[i + 1] == 0 && zip[i + 2] == 16 && zip[i + 3] == 0) { // 1 << 20
                zip[i] = 10;
                zip[i + 2] = 0;
            }
        }
        Path lying = Files.write(directory.resolve("lying.zip"), zip);
        try (TaskFiles files = TaskFiles.open(lying)) {
            assertThatExceptionOfType(TaskFormatException.class)
                    .isThrownBy(() -> files.read("bomb", 1000))
                    .withMessageContaining("bomb");
        }
    }

    @Test
    void whatIsNeitherFolderNorZipIsNamed() throws IOException {
        Path text = Files.writeString(directory.resolve("text"), "not a zip");
        fails(() -> TaskFiles.open(text), "expected a zip");
        fails(() -> TaskFiles.open(directory.resolve("none")), "found nothing of that name");
    }

    @Test
    void aTruncatedZipIsRefused() throws IOException {
        byte[] zip = Files.readAllBytes(zip("a", "content"));
        for (int bytes = 0; bytes < zip.length; bytes++) {
            Path cut = Files.write(directory.resolve("cut.zip"), Arrays.copyOf(zip, bytes));
            fails(() -> TaskFiles.open(cut), "cut.zip");
        }
    }

    @Test
    void messagesCarryNoControlCharactersAndStayShort() {
        TaskFormatException fault = new TaskFormatException("a\u001b[31m", "b\n", "x".repeat(1000));
        assertThat(fault).hasMessageContaining("a\\u001b[31m: expected b\\u000a, found xxx");
        assertThat(fault.getMessage()).hasSizeLessThan(400);
    }

    private Path zip(String... namesAndContents) throws IOException {
        Path file = directory.resolve("task.zip");
        try (OutputStream out = Files.newOutputStream(file);
                ZipOutputStream zip = new ZipOutputStream(out)) {
            for (int i = 0; i < namesAndContents.length; i += 2) {
                zip.putNextEntry(new ZipEntry(namesAndContents[i]));
                zip.write(namesAndContents[i + 1].getBytes(StandardCharsets.UTF_8));
            }
        }
        return file;
    }

    private static void fails(ThrowingCallable call, String message) {
        assertThatExceptionOfType(TaskFormatException.class).isThrownBy(call).withMessageContaining(message);
    }
}
