package dev.fovea.kernel;

import java.util.Arrays;

/// Activations that are reused from one forward pass to the next: numbered slots that grow to the largest use.
///
/// Belongs to whoever runs forward passes one at a time; contents do not outlive a pass.
public final class Workspace {
    private float[][] slots = new float[0][];

    /// A tensor `[rows, cols]` in slot `slot`, contents undefined; invalidates earlier tensors of the slot.
    public Tensor tensor(int slot, int rows, int cols) {
        int floats = Math.multiplyExact(rows, cols);
        if (slot >= slots.length) {
            slots = Arrays.copyOf(slots, slot + 1);
        }
        float[] data = slots[slot];
        if (data == null || data.length < floats) {
            slots[slot] = null; // let go of the old array before the new one is allocated
            data = new float[floats];
            slots[slot] = data;
        }
        return Tensor.of(data, rows, cols);
    }

    /// Bytes held.
    public long bytes() {
        long bytes = 0;
        for (float[] slot : slots) {
            bytes += slot == null ? 0 : 4L * slot.length;
        }
        return bytes;
    }
}
