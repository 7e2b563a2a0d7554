package dev.fovea.engine.tokenizer;

import java.util.Arrays;

/// The merges of a model: from two neighbouring ids to the id of both together, with a rank.
final class PairTable {
    private static final long EMPTY = -1;

    private long[] keys; // [slots], left << 32 | right
    private int[] ranks; // [slots]
    private int[] merged; // [slots]
    private int count;

    /// @param expected how many pairs will come, about
    PairTable(int expected) {
        int slots = Integer.highestOneBit(Math.max(8, expected)) * 4;
        keys = new long[slots];
        Arrays.fill(keys, EMPTY);
        ranks = new int[slots];
        merged = new int[slots];
    }

    /// Adds a pair or replaces it. Pairs of one rank are merged leftmost first.
    void put(int left, int right, int rank, int both) {
        if (2 * count >= keys.length) {
            grow();
        }
        int slot = slot(key(left, right));
        count += keys[slot] == EMPTY ? 1 : 0;
        keys[slot] = key(left, right);
        ranks[slot] = rank;
        merged[slot] = both;
    }

    /// The place of a pair, for [#rank] and [#merged], or [BytePairs#NONE].
    int find(int left, int right) {
        int slot = slot(key(left, right));
        return keys[slot] == EMPTY ? BytePairs.NONE : slot;
    }

    int rank(int pair) {
        return ranks[pair];
    }

    int merged(int pair) {
        return merged[pair];
    }

    private void grow() {
        PairTable larger = new PairTable(keys.length);
        for (int i = 0; i < keys.length; i++) {
            if (keys[i] != EMPTY) {
                larger.put((int) (keys[i] >>> 32), (int) keys[i], ranks[i], merged[i]);
            }
        }
        keys = larger.keys;
        ranks = larger.ranks;
        merged = larger.merged;
    }

    private int slot(long key) {
        int mask = keys.length - 1;
        int slot = (int) ((key * 0x9E3779B97F4A7C15L) >>> 32) & mask;
        while (keys[slot] != EMPTY && keys[slot] != key) {
            slot = (slot + 1) & mask;
        }
        return slot;
    }

    private static long key(int left, int right) {
        return (long) left << 32 | right;
    }
}
