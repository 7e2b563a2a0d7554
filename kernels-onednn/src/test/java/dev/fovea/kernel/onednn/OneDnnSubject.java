package dev.fovea.kernel.onednn;

import dev.fovea.kernel.Compute;
import dev.fovea.kernel.Workers;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// The technique as tests want it.
public final class OneDnnSubject {
    private OneDnnSubject() {}

    /// With the library for products of any number of rows.
    public static OneDnnKernels forAllRows(Workers workers, Compute compute) {
        return OneDnnKernels.load(workers, compute, cache(), OneDnnSubject.class.getClassLoader(), 1);
    }

    /// A cache that the tests of a build share.
    static Path cache() {
        return Path.of(System.getProperty("basedir", "."), "target", "cache").toAbsolutePath();
    }

    /// The first part of the name, from what the system says of the processor.
    public static String expectedName() {
        try {
            String flags = Files.readString(Path.of("/proc/cpuinfo"));
            String width = flags.contains(" avx512bw") ? "avx512" : "avx2";
            String bf16 = flags.contains(" avx512_bf16") ? "+bf16" : "";
            return "onednn-3.11 " + width + bf16 + (flags.contains("vnni") ? "+vnni" : "");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
