package dev.fovea.kernel.onednn;

import dev.fovea.kernel.Compute;
import dev.fovea.kernel.ForwardingKernels;
import dev.fovea.kernel.Kernels;
import dev.fovea.kernel.Matrix;
import dev.fovea.kernel.Tensor;
import dev.fovea.kernel.Workers;
import dev.fovea.kernel.packed.PackedProducts;
import dev.fovea.kernel.packed.SelfCheck;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Path;
import java.util.OptionalDouble;
import jdk.incubator.vector.FloatVector;
import org.jspecify.annotations.Nullable;

/// Products with many rows by oneDNN, everything else with vectors. What it holds off the heap its workers free.
public final class OneDnnKernels implements ForwardingKernels {
    /// Instruction sets as `dnnl_cpu_isa_t` has them.
    private static final int AVX512 = 0x20;

    private static final int AVX512_VNNI = 0x40;
    private static final int AVX512_BF16 = 0x80;

    private final Kernels vector;
    private final Compute compute;
    private final PackedProducts products;
    private final String name;
    private final int fewestRows;

    /// @param fewestRows products with fewer are left to vectors
    private OneDnnKernels(Kernels vector, Compute compute, Dnnl dnnl, PackedProducts products, int fewestRows) {
        this.vector = vector;
        this.compute = compute;
        this.products = products;
        this.name = "onednn-" + dnnl.version() + " " + instructions(dnnl.instructionSets()) + " / " + vector.name();
        this.fewestRows = fewestRows;
    }

    static OneDnnKernels load(Workers workers, Compute compute, Path cache, ClassLoader loader) {
        // Below this many rows packing the weights costs more than the faster products save.
        return load(workers, compute, cache, loader, compute == Compute.F32 ? 128 : 32);
    }

    static OneDnnKernels load(Workers workers, Compute compute, Path cache, ClassLoader loader, int fewestRows) {
        Kernels vector = Kernels.named("vector", workers);
        if (FloatVector.SPECIES_PREFERRED.vectorBitSize() < 256) {
            throw new UnsupportedOperationException("kernels \"onednn\": expected vectors of 256 bits or more, found "
                    + FloatVector.SPECIES_PREFERRED.vectorBitSize());
        }
        SymbolLookup library = Library.ofThisPlatform(loader).load(cache);
        Dnnl dnnl = new Dnnl(library);
        PackedProducts products = null;
        try {
            requireInstructions(compute, dnnl.instructionSets());
            OneDnnStrips strips = new OneDnnStrips(compute, dnnl, workers.threads());
            products = new PackedProducts(vector, strips, PackedProducts.KEPT_BYTES);
            SelfCheck.run(products, "kernels \"onednn\"");
            OneDnnKernels kernels = new OneDnnKernels(vector, compute, dnnl, products, fewestRows);
            workers.own(dnnl); // closed after what it made
            workers.own(products);
            return kernels;
        } catch (RuntimeException | Error e) {
            if (products != null) {
                products.close();
            }
            dnnl.close();
            throw e;
        }
    }

    /// Without them the library computes all the same, but slower than vectors do, or from weights in another layout.
    private static void requireInstructions(Compute compute, int sets) {
        int needed = switch (compute) {
            case F32 -> AVX512;
            case BF16 -> AVX512 | AVX512_BF16;
            case INT8 -> AVX512 | AVX512_VNNI;
        };
        if ((sets & needed) != needed) {
            throw new UnsupportedOperationException("kernels \"onednn\": expected a processor with "
                    + instructions(needed) + ", found " + instructions(sets));
        }
    }

    static String instructions(int sets) {
        String width = (sets & AVX512) != 0 ? "avx512" : "no avx512";
        String bf16 = (sets & AVX512_BF16) != 0 ? "+bf16" : "";
        return width + bf16 + ((sets & AVX512_VNNI) != 0 ? "+vnni" : "");
    }

    @Override
    public Kernels others() {
        return vector;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Compute compute() {
        return compute;
    }

    /// A multiple of what vectors reach in binary32: bf16 instructions do twice and int8 instructions four times as
    /// many operations in the same time (measured on Zen 4, `KernelSpeed`).
    @Override
    public OptionalDouble peak() {
        int times = switch (compute) {
            case F32 -> 1;
            case BF16 -> 2;
            case INT8 -> 4;
        };
        OptionalDouble peak = vector.peak();
        return peak.isEmpty() ? peak : OptionalDouble.of(times * peak.getAsDouble());
    }

    /// Memory of packed weights that are kept for the next product.
    public long keptBytes() {
        return products.keptBytes();
    }

    @Override
    public void matmul(Matrix w, Tensor x, float @Nullable [] bias, Tensor y) {
        boolean shapesFit = x.cols() == w.cols()
                && y.rows() == x.rows()
                && y.cols() == w.rows()
                && (bias == null || bias.length == w.rows());
        if (!shapesFit || x.rows() < fewestRows || !products.multiply(w, x, bias, y)) {
            vector.matmul(w, x, bias, y);
        }
    }
}
