package dev.fovea.cli.house;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.constantpool.PoolEntry;
import java.lang.classfile.constantpool.Utf8Entry;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// Which package may use which, read from the class files.
class PackageDirectionTest {
    /// Every package and all that it may use; itself is understood.
    private static final Map<String, Set<String>> ALLOWED = Map.ofEntries(
            Map.entry("kernel", Set.of()),
            Map.entry("kernel.scalar", Set.of("kernel")),
            Map.entry("kernel.vector", Set.of("kernel", "kernel.scalar")),
            Map.entry("kernel.packed", Set.of("kernel")),
            Map.entry("kernel.onednn", Set.of("kernel", "kernel.packed")),
            Map.entry(
                    "kernel.emitted",
                    Set.of(
                            "kernel",
                            "kernel.scalar",
                            "kernel.vector",
                            "kernel.packed",
                            "kernel.emitted.avx2",
                            "kernel.emitted.avx512")),
            Map.entry("kernel.emitted.avx2", Set.of("kernel", "kernel.emitted")),
            Map.entry("kernel.emitted.avx512", Set.of("kernel", "kernel.emitted")),
            Map.entry("engine.file", Set.of("kernel")),
            Map.entry("engine.tokenizer", Set.of("engine.file")),
            Map.entry("engine.image", Set.of("engine.image.codec")),
            Map.entry("engine.image.codec", Set.of("engine.image")),
            Map.entry("engine.vision", Set.of("kernel", "engine.image")),
            Map.entry("engine.text", Set.of("kernel")),
            Map.entry("engine.family", Set.of("kernel", "engine.file", "engine.vision", "engine.text")),
            Map.entry(
                    "engine.reduce",
                    Set.of(
                            "kernel",
                            "engine.image",
                            "engine.vision",
                            "engine.text",
                            "engine.family",
                            "engine.reduce.flex")),
            Map.entry(
                    "engine.reduce.flex",
                    Set.of("kernel", "engine.image", "engine.vision", "engine.text", "engine.family", "engine.reduce")),
            Map.entry(
                    "engine",
                    Set.of(
                            "kernel",
                            "engine.file",
                            "engine.tokenizer",
                            "engine.image",
                            "engine.vision",
                            "engine.text",
                            "engine.family",
                            "engine.reduce")),
            Map.entry("eval", Set.of()),
            Map.entry("eval.file", Set.of("eval", "engine.file")),
            Map.entry("eval.score", Set.of()),
            Map.entry("eval.task", Set.of("eval", "eval.file", "eval.score")),
            Map.entry(
                    "eval.run",
                    Set.of(
                            "kernel",
                            "eval",
                            "engine",
                            "engine.image",
                            "engine.vision",
                            "engine.text",
                            "engine.family",
                            "engine.reduce")),
            Map.entry("eval.report", Set.of("eval", "eval.run")));

    /// What the command line sees of the engine: its door and the records that go through it.
    private static final Set<String> DOOR = Set.of(
            "kernel",
            "engine",
            "engine.file",
            "engine.tokenizer",
            "engine.image",
            "engine.vision",
            "engine.text",
            "engine.family",
            "engine.reduce",
            "eval",
            "eval.report",
            "eval.run",
            "eval.task");

    /// A class of the project in a name, a descriptor or a signature.
    private static final Pattern REFERENCE = Pattern.compile("dev/fovea/([a-z/]+)/[A-Z]");

    @Test
    void packagesUseOnlyWhatTheyMay() {
        Map<String, Set<String>> used = new TreeMap<>();
        for (String module : List.of("kernels", "kernels-onednn", "engine", "eval")) {
            used.putAll(uses(module));
        }

        assertThat(used.keySet()).as("packages").containsExactlyInAnyOrderElementsOf(ALLOWED.keySet());
        used.forEach((name, others) -> assertThat(others).as("used by " + name).isSubsetOf(ALLOWED.get(name)));
    }

    @Test
    void theCommandLineUsesTheDoor() {
        uses("cli").forEach((name, others) -> {
            assertThat(name).startsWith("cli");
            others.removeIf(other -> other.startsWith("cli"));
            assertThat(others).as("used by " + name).isSubsetOf(DOOR);
        });
    }

    @Test
    void nothingButTheVectorLoopsKnowTheIncubator() {
        for (String module : List.of("kernels", "kernels-onednn", "engine", "eval", "cli")) {
            for (Path file : classes(module)) {
                if (constants(file).stream().anyMatch(text -> text.contains("jdk/incubator/vector"))) {
                    assertThat(Project.name(file)).containsPattern("dev/fovea/kernel/(vector|packed|onednn)/");
                }
            }
        }
    }

    /// By package: the other packages of the project that its classes name.
    private static Map<String, Set<String>> uses(String module) {
        Map<String, Set<String>> uses = new TreeMap<>();
        for (Path file : classes(module)) {
            String path = file.toString();
            int begin = path.indexOf("/dev/fovea/") + "/dev/fovea/".length();
            String own = path.substring(begin, path.lastIndexOf('/')).replace('/', '.');
            Set<String> others = uses.computeIfAbsent(own, _ -> new TreeSet<>());
            for (String text : constants(file)) {
                Matcher matcher = REFERENCE.matcher(text);
                while (matcher.find()) {
                    others.add(matcher.group(1).replace('/', '.'));
                }
            }
            others.remove(own);
        }
        return uses;
    }

    private static List<Path> classes(String module) {
        List<Path> files = Project.files(Project.root().resolve(module).resolve("target/classes/dev/fovea"), ".class");
        assertThat(files).as("class files of " + module).isNotEmpty();
        return files;
    }

    private static List<String> constants(Path file) {
        try {
            ClassModel model = ClassFile.of().parse(file);
            List<String> texts = new ArrayList<>();
            for (PoolEntry entry : model.constantPool()) {
                if (entry instanceof Utf8Entry text) {
                    texts.add(text.stringValue());
                }
            }
            return texts;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
