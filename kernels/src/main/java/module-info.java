/// Arithmetic on arrays for Fovea: weight formats, matrix products, attention, norms and the worker threads.
@SuppressWarnings("module") // the other module is compiled after this one
module dev.fovea.kernels {
    requires static transitive org.jspecify;
    requires static jdk.incubator.vector;

    uses dev.fovea.kernel.KernelsProvider;

    exports dev.fovea.kernel;
    exports dev.fovea.kernel.packed to
            dev.fovea.kernels.onednn;
}
