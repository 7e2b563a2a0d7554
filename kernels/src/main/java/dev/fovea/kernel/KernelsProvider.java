package dev.fovea.kernel;

/// A technique that comes in a jar of its own, found by `java.util.ServiceLoader`.
public interface KernelsProvider {
    /// The name that asks for it, such as `onednn`.
    String name();

    /// The technique on these threads.
    ///
    /// @throws UnsupportedOperationException where this machine cannot run it or not in that arithmetic; says why
    Kernels create(Workers workers, Compute compute);
}
