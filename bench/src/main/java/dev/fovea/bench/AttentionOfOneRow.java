package dev.fovea.bench;

import dev.fovea.kernel.Format;
import dev.fovea.kernel.Kernels;
import dev.fovea.kernel.KeyValues;
import dev.fovea.kernel.Tensor;
import dev.fovea.kernel.Visible;
import java.lang.foreign.MemorySegment;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/// Attention of a decode step: bytes of keys and values against the speed at which memory can be read. A cache that
/// fits into the processor's may be faster than that.
@State(Scope.Thread)
@SuppressWarnings("NullAway.Init") // JMH sets parameters before anything is called
public class AttentionOfOneRow {
    /// The kernel's name; joint attention has an eighth of the keys in its second set.
    @Param({"attention", "attentionJoint", "attentionWeights"})
    public String kernel;

    /// Of keys and values.
    @Param({"F32", "F16"})
    public Format cache;

    /// Query and key/value heads.
    @Param({"1 row 2940 keys 32/32 heads of 128", "1 row 2940 keys 32/8 heads of 128"})
    public String shape;

    @Setup(Level.Trial)
    public void prepare(Technique technique, Timed timed) {
        int[] sizes = Inputs.numbers(shape); // rows, keys, heads, kvHeads, headDim
        Tensor q = Inputs.queries(1, sizes[2], sizes[4]);
        KeyValues kv = Inputs.keyValues(cache, sizes[1], sizes[3], sizes[4], technique.arena());
        double bytes = (double) cache.bytes((long) sizes[1] * sizes[3] * sizes[4]); // of all keys
        boolean weights = kernel.equals("attentionWeights");
        Runnable call = weights ? weights(technique, q, kv) : values(technique, q, kv);
        MemorySegment stream = technique.stream();
        timed.is(weights ? bytes : 2 * bytes, () -> technique.machine().readPeak(stream), call);
    }

    private Runnable values(Technique technique, Tensor q, KeyValues kv) {
        Kernels kernels = technique.tested();
        Tensor y = Tensor.zeros(1, q.cols());
        int rest = kv.rows() / 8;
        KeyValues first = kv.slice(0, kv.rows() - rest);
        KeyValues extra = kv.slice(kv.rows() - rest, kv.rows());
        Runnable call = kernel.equals("attentionJoint")
                ? () -> kernels.attentionJoint(q, first, extra, y)
                : () -> kernels.attention(q, kv, new Visible.Full(), y);
        call.run();
        technique.agreement().attention(kernels.compute(), q, kv, new Visible.Full(), y);
        return call;
    }

    private static Runnable weights(Technique technique, Tensor q, KeyValues kv) {
        Kernels kernels = technique.tested();
        Tensor found = Tensor.zeros(q.cols() / kv.headDim(), kv.rows());
        kernels.attentionWeights(q, kv, found);
        technique.agreement().weights(q, kv, found);
        return () -> kernels.attentionWeights(q, kv, found);
    }

    @Benchmark
    public void attention(Timed timed, Share share) {
        timed.run();
    }
}
