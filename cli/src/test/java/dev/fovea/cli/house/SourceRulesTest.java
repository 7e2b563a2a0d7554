package dev.fovea.cli.house;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// Sizes, comments and names of the sources.
class SourceRulesTest {
    private static final int FILE_LINES = 300;
    private static final int KERNEL_LINES = 400;
    private static final int PACKAGE_FILES = 15;

    /// Packages above the rule of thumb, each with its own bound.
    private static final Map<String, Integer> LARGE_PACKAGES = Map.of(
            "dev/fovea/kernel", 18, // the promise of each operation and the records that go through it
            "dev/fovea/engine", 33, // the door with its records
            "dev/fovea/engine/reduce", 32, // one class a method, and what they share
            "dev/fovea/engine/image", 16,
            "dev/fovea/kernel/vector", 20, // a codec for each kind of layout, two schedules of attention
            "dev/fovea/kernel/emitted", 24, // promise, definition and code of each kind of routine
            "dev/fovea/engine/file", 16, // two formats of weights
            "dev/fovea/bench", 17, // one kind of kernel or stage a class
            "dev/fovea/engine/family", 27); // config records, a reader for each spelling, layouts of weights

    private static final List<String> BANNED =
            List.of("Impl", "Manager", "Helper", "Helpers", "Util", "Utils", "Base", "Data", "Info");

    private static final Pattern TYPE = Pattern.compile(
            "^(?:(?:public|private|protected|static|final|sealed|non-sealed|abstract) )*"
                    + "(?:class|record|enum|interface|@interface) (\\w+)",
            Pattern.MULTILINE);

    private static final Pattern GETTER =
            Pattern.compile("^ +(?:public |static |final )*\\w[\\w<>, ]* get[A-Z]\\w*\\(");

    @Test
    void filesAreShort() {
        for (Path file : Project.sources("main")) {
            String name = Project.name(file);
            boolean loops = name.startsWith("kernels") || name.startsWith("bench/") || name.contains("/codec/");
            assertThat(Project.text(file).lines().count())
                    .as("lines of " + name)
                    .isLessThanOrEqualTo(loops ? KERNEL_LINES : FILE_LINES);
        }
    }

    @Test
    void packagesAreSmall() {
        Map<String, Integer> counts = new TreeMap<>();
        for (Path file : Project.sources("main")) {
            String path = file.toString();
            if (path.contains("/dev/fovea/") && !path.endsWith("package-info.java")) {
                counts.merge(path.substring(path.indexOf("dev/fovea/"), path.lastIndexOf('/')), 1, Integer::sum);
            }
        }
        counts.forEach((name, count) -> assertThat(count)
                .as("files of " + name)
                .isLessThanOrEqualTo(LARGE_PACKAGES.getOrDefault(name, PACKAGE_FILES)));
    }

    @Test
    void commentsAreMarkdown() {
        for (String part : List.of("main", "test")) {
            for (Path file : Project.sources(part)) {
                assertThat(Project.text(file).lines().map(String::strip))
                        .as(Project.name(file))
                        .noneMatch(line -> line.startsWith("/*"));
            }
        }
    }

    @Test
    void noTaskIsLeftInTheSources() {
        String mark = "TO" + "DO";
        for (Path file : Project.sources("main")) {
            assertThat(Project.text(file)).as(Project.name(file)).doesNotContain(mark);
        }
    }

    @Test
    void namesSayWhatThingsAre() {
        List<String> found = new ArrayList<>();
        for (String part : List.of("main", "test")) {
            for (Path file : Project.sources(part)) {
                for (String type : types(Project.text(file))) {
                    if (Arrays.stream(type.split("(?<=[a-z0-9])(?=[A-Z])")).anyMatch(BANNED::contains)) {
                        found.add(type);
                    }
                }
            }
        }
        assertThat(found).isEmpty();
    }

    @Test
    void nothingIsGotten() {
        for (Path file : Project.sources("main")) {
            String before = "";
            for (String line : Project.text(file).lines().toList()) {
                if (GETTER.matcher(line).find()) { // others' interfaces may ask for one
                    assertThat(before).as(Project.name(file) + ": " + line).contains("@Override");
                }
                before = line;
            }
        }
    }

    @Test
    void bannedPartsAreFoundWhereTheyAre() {
        assertThat(types("final class FileManager {\nrecord Database() {}\n  static class DataInfo {"))
                .hasSize(2);
        assertThat("FileManager".split("(?<=[a-z0-9])(?=[A-Z])")).contains("Manager");
    }

    /// Names of the top-level types in a source text; nested ones are indented.
    private static List<String> types(String text) {
        List<String> types = new ArrayList<>();
        Matcher matcher = TYPE.matcher(text);
        while (matcher.find()) {
            types.add(matcher.group(1));
        }
        return types;
    }
}
