package dev.fovea.cli.house;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// What documents name exists: paths, classes and their members.
class DocumentsTest {
    /// Text between single backticks on one line.
    private static final Pattern CODE = Pattern.compile("(?<!`)`([^`\n]+)`(?!`)");

    /// `engine/src/main`, `docs/methods/`, `pom.xml`: two parts, or a name with a known ending.
    private static final Pattern PATH =
            Pattern.compile("\\.?[\\w.+-]+(?:/[\\w.+-]+)+/?|[\\w+-]+/|[\\w+-]+\\.(?:md|xml|sh|py|java|json|jar)");

    /// `KvCache`, `Session.cancel`, `KernelsContract#name`: camel case with two humps, or a class with a member.
    private static final Pattern SYMBOL = Pattern.compile(
            "((?:[A-Z][a-z0-9]+){2,}[A-Z]?|[A-Z][a-z0-9]+(?=[.#][a-z]))(?:[.#]([a-z]\\w*))?(?:\\(.*\\))?");

    /// Link targets within the repository.
    private static final Pattern LINK = Pattern.compile("\\]\\((?!https?:)([^)#\\s]+)");

    /// Names of the platform and of others, which documents may mention.
    private static final Set<String> FOREIGN = Set.of("IllegalArgumentException", "ImageIO", "MemorySegment");

    /// Files and folders of published benchmarks.
    private static final Set<String> BENCHMARKS = Set.of(
            "train_images/ID.jpg",
            "test_human.json",
            "test_augmented.json",
            "png/",
            "val2014/",
            "images/",
            "OCRBench.json",
            "FullTest.json");

    private static List<Path> documents() {
        Path root = Project.root();
        List<Path> documents = new ArrayList<>();
        for (String name : List.of("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md")) {
            assertThat(root.resolve(name)).exists();
            documents.add(root.resolve(name));
        }
        documents.addAll(Project.files(root.resolve("docs"), ".md"));
        return documents;
    }

    @Test
    void whatDocumentsNameExists() {
        Names names = new Names();
        List<String> missing = new ArrayList<>();
        for (Path document : documents()) {
            for (String name : names.missing(Project.text(document), document)) {
                missing.add(Project.name(document) + ": " + name);
            }
        }
        assertThat(missing).isEmpty();
    }

    @Test
    void missingPathsAndSymbolsAreFound() {
        String text = "`engine/src/main` `engine/src/nowhere/` `Session.cancel` `Session.fly` `NoSuchClass` `pom.xml`"
                + " `--json` `hired` [a](docs/none.md) `KernelsContract`";

        assertThat(new Names().missing(text, Project.root().resolve("README.md")))
                .containsExactly("engine/src/nowhere/", "Session.fly", "NoSuchClass", "docs/none.md");
    }

    @Test
    void architectureFitsOnePage() {
        assertThat(Project.text(Project.root().resolve("ARCHITECTURE.md"))
                        .lines()
                        .count())
                .isLessThanOrEqualTo(100);
    }

    /// What there is to name.
    private static final class Names {
        private final Set<String> files = new TreeSet<>();
        private final List<Path> sources;

        Names() {
            sources = Stream.of("main", "test")
                    .flatMap(part -> Project.sources(part).stream())
                    .toList();
            sources.forEach(source -> files.add(String.valueOf(source.getFileName())));
        }

        /// What a document names and the repository lacks, in the order of the document, links last.
        List<String> missing(String text, Path document) {
            List<String> missing = new ArrayList<>();
            String prose = text.replaceAll("(?s)```.*?```", "");
            Matcher code = CODE.matcher(prose);
            while (code.find()) {
                String name = code.group(1);
                Matcher symbol = SYMBOL.matcher(name);
                boolean known = PATH.matcher(name).matches()
                        ? path(name, document)
                        : !symbol.matches() || symbol(symbol.group(1), symbol.group(2));
                if (!known) {
                    missing.add(name);
                }
            }
            Matcher link = LINK.matcher(prose);
            while (link.find()) {
                Path target = document.resolveSibling(link.group(1));
                if (!Files.exists(target)) {
                    missing.add(link.group(1));
                }
            }
            return missing;
        }

        /// Paths from the root or from the document; the name of a source file; a package of a source folder.
        private boolean path(String name, Path document) {
            return name.startsWith("llava-hf/") // a model's name on the hub
                    || name.startsWith("../")
                    || BENCHMARKS.contains(name)
                    || Files.exists(Project.root().resolve(name))
                    || Files.exists(document.resolveSibling(name))
                    || files.contains(name)
                    || sources.stream()
                            .anyMatch(source ->
                                    source.resolveSibling("").normalize().endsWith(name));
        }

        private boolean symbol(String type, @org.jspecify.annotations.Nullable String member) {
            if (FOREIGN.contains(type)) {
                return true;
            }
            Pattern declared = Pattern.compile("\\b(?:class|record|enum|interface) " + type + "\\b");
            for (Path source : sources) {
                String text = Project.text(source);
                if (declared.matcher(text).find()
                        && (member == null
                                || Pattern.compile("\\b" + member + "\\b")
                                        .matcher(text)
                                        .find())) {
                    return true;
                }
            }
            return false;
        }
    }
}
