package dev.fovea.bench;

import dev.fovea.kernel.Compute;
import dev.fovea.kernel.Format;
import dev.fovea.kernel.Kernels;
import dev.fovea.kernel.KeyValues;
import dev.fovea.kernel.Tensor;
import dev.fovea.kernel.Visible;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/// Attention of a tower and of a prompt against the peak of f32, or of bf16 where that or int8 is asked for: which
/// technique has bf16 for it is its own affair.
@State(Scope.Thread)
@SuppressWarnings("NullAway.Init") // JMH sets parameters before anything is called
public class AttentionOfManyRows {
    /// Of keys and values.
    @Param({"F32", "F16"})
    public Format cache;

    /// Query and key/value heads, and which keys a row sees.
    @Param({
        "577 rows 577 keys 16/16 heads of 64 full",
        "636 rows 636 keys 32/32 heads of 128 causal",
        "2940 rows 2940 keys 32/32 heads of 128 causal",
        "2940 rows 2940 keys 32/8 heads of 128 causal"
    })
    public String shape;

    @Setup(Level.Trial)
    public void prepare(Technique technique, Timed timed) {
        int[] sizes = Inputs.numbers(shape); // rows, keys, heads, kvHeads, headDim
        Visible visible = shape.endsWith("causal") ? new Visible.Causal(0) : new Visible.Full();
        Kernels kernels = technique.tested();
        Tensor q = Inputs.queries(sizes[0], sizes[2], sizes[4]);
        KeyValues kv = Inputs.keyValues(cache, sizes[1], sizes[3], sizes[4], technique.arena());
        Tensor y = Tensor.zeros(sizes[0], sizes[2] * sizes[4]);
        kernels.attention(q, kv, visible, y);
        technique.agreement().attention(kernels.compute(), q, kv, visible, y);
        double seen = 0;
        for (int row = 0; row < sizes[0]; row++) {
            seen += visible.keys(row, sizes[1]);
        }
        int times = Machine.times(kernels.compute() == Compute.F32 ? Compute.F32 : Compute.BF16);
        timed.is(
                4 * seen * sizes[2] * sizes[4],
                () -> times * technique.machine().fmaPeak(),
                () -> kernels.attention(q, kv, visible, y));
    }

    @Benchmark
    public void attention(Timed timed, Share share) {
        timed.run();
    }
}
