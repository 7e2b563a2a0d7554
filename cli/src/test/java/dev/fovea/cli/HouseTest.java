package dev.fovea.cli;

import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// The rules of the house that a machine can check.
class HouseTest {
    private static final Path ROOT = root();
    private static final List<String> MODULES = List.of("kernels", "engine", "cli", "bench");

    /// Name parts that say nothing.
    private static final Pattern EMPTY_NAMES =
            Pattern.compile("(Impl|Manager|Helper|Util|Utils|Base|Data|Info)(\\.java)?$");

    /// The checkout: the nearest directory above that has the Maven wrapper.
    private static Path root() {
        Path start = Path.of("").toAbsolutePath();
        return Stream.iterate(start, Objects::nonNull, Path::getParent)
                .filter(directory -> Files.exists(directory.resolve("mvnw")))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no checkout around " + start));
    }

    @Test
    void packagesUseOnlyWhatTheArchitectureAllows() {
        JavaClasses classes = new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                .importPackages("dev.fovea");
        assertThat(classes.contain("dev.fovea.engine.Engine")).isTrue();
        layeredArchitecture()
                .consideringOnlyDependenciesInLayers()
                .layer("kernel")
                .definedBy("dev.fovea.kernel")
                .layer("scalar")
                .definedBy("dev.fovea.kernel.scalar..")
                .layer("vector")
                .definedBy("dev.fovea.kernel.vector..")
                .layer("file")
                .definedBy("dev.fovea.engine.file..")
                .layer("tokenizer")
                .definedBy("dev.fovea.engine.tokenizer..")
                .layer("image")
                .definedBy("dev.fovea.engine.image..")
                .layer("vision")
                .definedBy("dev.fovea.engine.vision..")
                .layer("text")
                .definedBy("dev.fovea.engine.text..")
                .layer("reduce")
                .definedBy("dev.fovea.engine.reduce..")
                .layer("family")
                .definedBy("dev.fovea.engine.family..")
                .layer("engine")
                .definedBy("dev.fovea.engine")
                .layer("cli")
                .definedBy("dev.fovea.cli..")
                .whereLayer("cli")
                .mayNotBeAccessedByAnyLayer()
                .whereLayer("engine")
                .mayOnlyBeAccessedByLayers("cli")
                .whereLayer("reduce")
                .mayOnlyBeAccessedByLayers("engine", "cli")
                .whereLayer("family")
                .mayOnlyBeAccessedByLayers("reduce", "engine", "cli")
                .whereLayer("tokenizer")
                .mayOnlyBeAccessedByLayers("family", "engine", "cli")
                .whereLayer("file")
                .mayOnlyBeAccessedByLayers("tokenizer", "family", "engine", "cli")
                .whereLayer("vision")
                .mayOnlyBeAccessedByLayers("reduce", "family", "engine", "cli")
                .whereLayer("text")
                .mayOnlyBeAccessedByLayers("reduce", "family", "engine", "cli")
                .whereLayer("image")
                .mayOnlyBeAccessedByLayers("vision", "reduce", "engine", "cli")
                .whereLayer("vector")
                .mayOnlyBeAccessedByLayers("kernel")
                .whereLayer("scalar")
                .mayOnlyBeAccessedByLayers("kernel", "vector")
                .check(classes);
    }

    @Test
    void filesAreShort() {
        for (Path file : sources()) {
            boolean kernelOrCodec = file.toString().matches(".*(kernel|codec|Kernel).*");
            assertThat(lines(file))
                    .as(ROOT.relativize(file) + ": lines")
                    .hasSizeLessThanOrEqualTo(kernelOrCodec ? 400 : 300);
        }
    }

    @Test
    void commentsAreMarkdownAndNamesSayWhatThingsAre() {
        for (Path file : sources()) {
            String name = file.getFileName().toString();
            assertThat(EMPTY_NAMES.matcher(name).find()).as(name).isFalse();
            assertThat(lines(file).stream().filter(line -> line.strip().startsWith("/*")))
                    .as(ROOT.relativize(file) + ": block comments")
                    .isEmpty();
        }
    }

    @Test
    void everyPathThatADocumentNamesExists() throws IOException {
        Pattern quoted = Pattern.compile("`([A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.+-]+)+/?)`");
        try (Stream<Path> documents = Files.walk(ROOT, 4)) {
            for (Path document : documents
                    .filter(path -> path.toString().endsWith(".md"))
                    .filter(path -> !path.toString().matches(".*/(target|resources|training|\\.git)/.*"))
                    .toList()) {
                for (String path : quoted.matcher(Files.readString(document))
                        .results()
                        .map(MatchResult::group)
                        .map(group -> group.replace("`", ""))
                        .filter(path ->
                                MODULES.contains(path.substring(0, path.indexOf('/'))) || path.startsWith("docs/"))
                        .toList()) {
                    assertThat(ROOT.resolve(path))
                            .as(ROOT.relativize(document) + " names " + path)
                            .exists();
                }
            }
        }
    }

    private static List<Path> sources() {
        try (Stream<Path> files = Files.walk(ROOT)) {
            return files.filter(file -> file.toString().matches(".*/(kernels|engine|cli|bench)/src/main/.*\\.java"))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
