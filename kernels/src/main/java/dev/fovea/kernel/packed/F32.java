package dev.fovea.kernel.packed;

import dev.fovea.kernel.Compute;
import dev.fovea.kernel.Format;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/// Binary32 throughout.
final class F32 implements Arithmetic {
    private static final VectorSpecies<Float> F = FloatVector.SPECIES_PREFERRED;
    private static final ByteOrder ORDER = ByteOrder.nativeOrder();

    @Override
    public Compute compute() {
        return Compute.F32;
    }

    @Override
    public int elementBytes() {
        return 4;
    }

    @Override
    public boolean isAsStored(Format format) {
        return format == Format.F32;
    }

    @Override
    public float activations(float[] x, int at, int cols, MemorySegment to, long toAt, int depth) {
        MemorySegment.copy(x, at, to, ValueLayout.JAVA_FLOAT, toAt, cols);
        to.asSlice(toAt + 4L * cols, 4L * (depth - cols)).fill((byte) 0);
        return 1;
    }

    @Override
    public void weights(float[] w, int cols, int[] to, int toAt, Notes notes, int out) {
        int padded = Packer.padded(cols);
        for (int i = 0; i < padded; i++) {
            to[toAt + i] = Float.floatToRawIntBits(w[i]);
        }
    }

    @Override
    public void sums(
            MemorySegment sums,
            long from,
            int cols,
            float scale,
            Notes notes,
            int out,
            float[] bias,
            float[] y,
            int at) {
        addBias(sums, from, cols, bias, y, at);
    }

    /// `y = sums + bias`.
    static void addBias(MemorySegment sums, long from, int cols, float[] bias, float[] y, int at) {
        int whole = F.loopBound(cols);
        for (int i = 0; i < whole; i += F.length()) {
            FloatVector sum = FloatVector.fromMemorySegment(F, sums, from + 4L * i, ORDER);
            sum.add(FloatVector.fromArray(F, bias, i)).intoArray(y, at + i);
        }
        for (int i = whole; i < cols; i++) {
            y[at + i] = sums.get(ValueLayout.JAVA_FLOAT, from + 4L * i) + bias[i];
        }
    }
}
