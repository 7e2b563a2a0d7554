package dev.fovea.engine.reduce;

/// Selection of the highest scores.
public final class TopTokens {
    private TopTokens() {}

    /// Marks the `count` highest of `scores`; of equal scores the lower index wins.
    ///
    /// @param scores `[n]`
    /// @param mask   `[n]`, gains `count` marks
    public static void mark(float[] scores, int count, boolean[] mask) {
        for (int i : order(scores, count)) {
            mask[i] = true;
        }
    }

    /// The indices of the `count` highest scores, best first; of equal scores the lower index comes first.
    public static int[] order(float[] scores, int count) {
        if (count > scores.length) {
            throw new IllegalArgumentException("top " + count + " of " + scores.length);
        }
        // A float's order as a signed integer's, then inverted so that ascending sort puts the best first; the low half
        // breaks ties by index.
        long[] keys = new long[scores.length];
        for (int i = 0; i < scores.length; i++) {
            int bits = Float.floatToIntBits(scores[i] + 0f); // + 0 turns -0 into 0
            int ordered = bits ^ (bits >> 31 & Integer.MAX_VALUE);
            keys[i] = (long) ~ordered << 32 | i;
        }
        java.util.Arrays.sort(keys);
        int[] order = new int[count];
        for (int i = 0; i < count; i++) {
            order[i] = (int) keys[i];
        }
        return order;
    }
}
