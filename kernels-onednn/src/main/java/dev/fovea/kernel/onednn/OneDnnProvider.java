package dev.fovea.kernel.onednn;

import dev.fovea.kernel.Compute;
import dev.fovea.kernel.Kernels;
import dev.fovea.kernel.KernelsProvider;
import dev.fovea.kernel.Workers;
import java.nio.file.Path;

/// Finds and loads the library when it is asked for.
public final class OneDnnProvider implements KernelsProvider {
    @Override
    public String name() {
        return "onednn";
    }

    @Override
    public Kernels create(Workers workers, Compute compute) {
        Path cache = Library.cacheDirectory(System.getenv(), System.getProperty("user.home", ""));
        return OneDnnKernels.load(workers, compute, cache, OneDnnProvider.class.getClassLoader());
    }
}
