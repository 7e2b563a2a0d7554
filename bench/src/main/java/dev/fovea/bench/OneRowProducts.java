package dev.fovea.bench;

import dev.fovea.kernel.Kernels;
import dev.fovea.kernel.Matrix;
import dev.fovea.kernel.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/// Products with one row against the speed at which the same memory can be read: as many copies of the weights in turn
/// as no cache holds.
@State(Scope.Thread)
@SuppressWarnings("NullAway.Init") // JMH sets parameters before anything is called
public class OneRowProducts {
    /// As in [ManyRowProducts].
    @Param({"F32", "F16", "BF16", "Q8_0", "Q4_0", "Q4_K", "Q5_K", "Q6_K", "interleaved Q8_0", "interleaved Q4_0"})
    public String weights;

    /// One row x outputs x inputs.
    @Param({"1x4096x4096", "1x11008x4096", "1x4096x11008"})
    public String shape;

    /// Where weights are: a mapped file, or memory.
    @Param({"memory", "file"})
    public String place;

    @Setup(Level.Trial)
    public void prepare(Technique technique, Timed timed) {
        int[] sizes = Inputs.numbers(shape); // rows, outputs, inputs
        Kernels kernels = technique.tested();
        Matrix first = ManyRowProducts.matrix(weights, sizes[1], sizes[2], technique);
        long bytes = first.bytes().byteSize();
        int copies = (int) (Technique.STREAM_BYTES / bytes);
        MemorySegment all = place.equals("file")
                ? Inputs.mapped(copies * bytes, technique.arena())
                : technique.arena().allocate(copies * bytes, 4096);
        List<Matrix> matrices = new ArrayList<>();
        for (int i = 0; i < copies; i++) {
            MemorySegment copy = all.asSlice(i * bytes, bytes).copyFrom(first.bytes());
            matrices.add(new Matrix(copy, first.format(), first.rows(), first.cols(), first.layout()));
        }
        Tensor x = Inputs.normal(1, sizes[2]);
        Tensor y = Tensor.zeros(1, sizes[1]);
        kernels.matmul(first, x, null, y);
        technique.agreement().product(kernels.compute(), first, x, y);
        timed.is((double) copies * bytes, () -> technique.machine().readPeak(all), () -> {
            for (Matrix w : matrices) {
                kernels.matmul(w, x, null, y);
            }
        });
    }

    @Benchmark
    public void matmul(Timed timed, Share share) {
        timed.run();
    }
}
