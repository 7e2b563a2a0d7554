package dev.fovea.kernel.onednn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fovea.kernel.Compute;
import dev.fovea.kernel.Workers;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OneDnnLibraryTest {
    private static final ClassLoader LOADER = OneDnnLibraryTest.class.getClassLoader();

    @TempDir
    Path directory;

    @Test
    void brokenFilesAreWrittenAgain() throws IOException {
        Library library = Library.ofThisPlatform(LOADER);
        Path file = library.in(directory);
        assertThat(names()).containsExactly("libdnnl.so.3", "libgomp.so.1");
        byte[] whole = Files.readAllBytes(file);

        try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
            bytes.seek(12345);
            bytes.write(~whole[12345]);
        }
        Files.write(directory.resolve("libgomp.so.1"), new byte[3]);
        library.in(directory);

        assertThat(Files.readAllBytes(file)).isEqualTo(whole);
        assertThat(Files.size(directory.resolve("libgomp.so.1"))).isGreaterThan(3);
        assertThat(names()).containsExactly("libdnnl.so.3", "libgomp.so.1");
    }

    @Test
    void wholeFilesStayAsTheyAre() throws IOException {
        Library library = Library.ofThisPlatform(LOADER);
        Object first = Files.readAttributes(library.in(directory), "unix:ino").get("ino");
        assertThat(Files.readAttributes(library.in(directory), "unix:ino").get("ino"))
                .isEqualTo(first);
    }

    @Test
    void severalMayUnpackAtTheSameTime() throws Exception {
        Library library = Library.ofThisPlatform(LOADER);
        List<Future<Path>> files = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(3)) {
            for (int i = 0; i < 3; i++) {
                files.add(threads.submit(() -> library.in(directory)));
            }
            for (Future<Path> file : files) {
                assertThat(file.get()).isRegularFile();
            }
        }
        assertThat(names()).containsExactly("libdnnl.so.3", "libgomp.so.1");
    }

    @Test
    void aCacheThatCannotBeWrittenIsDoneWithout() throws IOException {
        Path occupied = Files.writeString(directory.resolve("file"), "not a directory");
        try (Workers workers = new Workers(1)) {
            assertThat(OneDnnKernels.load(workers, Compute.F32, occupied, LOADER)
                            .name())
                    .startsWith("onednn");
        }
        assertThat(names()).containsExactly("file");
    }

    @Test
    void aMissingLibraryIsNamed() throws IOException {
        try (Workers workers = new Workers(1);
                URLClassLoader nothing = new URLClassLoader(new URL[0], null)) {
            assertThatThrownBy(() -> OneDnnKernels.load(workers, Compute.F32, directory, nothing))
                    .isInstanceOf(UnsupportedOperationException.class)
                    .hasMessageContaining("org.bytedeco:dnnl")
                    .hasMessageContaining("found none");
        }
    }

    @Test
    void theCacheIsWhereTheSystemKeepsThem() {
        assertThat(Library.cacheDirectory(Map.of("XDG_CACHE_HOME", "/var/x"), "/home/me"))
                .isEqualTo(Path.of("/var/x/fovea"));
        assertThat(Library.cacheDirectory(Map.of("XDG_CACHE_HOME", "x"), "/home/me")) // must be absolute
                .isEqualTo(Path.of("/home/me/.cache/fovea"));
        assertThat(Library.cacheDirectory(Map.of(), "/home/me")).isEqualTo(Path.of("/home/me/.cache/fovea"));
    }

    @Test
    void processorsAreKnownByTheirInstructions() {
        assertThat(OneDnnKernels.instructions(0xe7)).isEqualTo("avx512+bf16+vnni");
        assertThat(OneDnnKernels.instructions(0x27)).isEqualTo("avx512");
        assertThat(OneDnnKernels.instructions(0x0f)).isEqualTo("avx2+vnni");
        assertThat(OneDnnKernels.instructions(0x01)).isEqualTo("baseline");
    }

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }
}
