package dev.fovea.kernel.onednn;

import dev.fovea.kernel.Compute;
import dev.fovea.kernel.Workers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/// The technique as tests want it.
public final class OneDnnSubject {
    private OneDnnSubject() {}

    /// With the library for products of any number of rows.
    public static OneDnnKernels forAllRows(Workers workers, Compute compute) {
        require(compute);
        return OneDnnKernels.load(workers, compute, cache(), OneDnnSubject.class.getClassLoader(), 1);
    }

    /// Skips the test on processors without the instructions, as the system knows them.
    public static void require(Compute compute) {
        String flag = switch (compute) {
            case F32 -> " avx512bw";
            case BF16 -> " avx512_bf16";
            case INT8 -> " avx512_vnni";
        };
        Assumptions.assumeTrue(flags().contains(flag), "the processor has no" + flag);
    }

    /// A cache that the tests of a build share.
    static Path cache() {
        return Path.of(System.getProperty("basedir", "."), "target", "cache").toAbsolutePath();
    }

    /// The first part of the name, from what the system says of the processor.
    public static String expectedName() {
        String bf16 = flags().contains(" avx512_bf16") ? "+bf16" : "";
        return "onednn-3.11 avx512" + bf16 + (flags().contains(" avx512_vnni") ? "+vnni" : "");
    }

    private static String flags() {
        try {
            return Files.readString(Path.of("/proc/cpuinfo"));
        } catch (IOException e) {
            return ""; // not Linux
        }
    }
}
