/// Matrix products with many rows by oneDNN's shared library, called through `java.lang.foreign`.
module dev.fovea.kernels.onednn {
    requires static transitive org.jspecify;
    requires static jdk.incubator.vector;
    requires transitive dev.fovea.kernels;

    exports dev.fovea.kernel.onednn;

    provides dev.fovea.kernel.KernelsProvider with
            dev.fovea.kernel.onednn.OneDnnProvider;
}
