package dev.fovea.eval.score;

import java.util.LinkedHashMap;
import java.util.Map;

/// MMBench's CircularEval: a question counts only if it is answered right with its options in every rotation.
///
/// Rotations of a question have the same index modulo a million.
public final class CircularEval {
    private static final long ROTATION = 1_000_000;

    private final Map<Long, Boolean> items = new LinkedHashMap<>();

    /// Takes the answer to the question of number `index`.
    public void add(long index, boolean right) {
        items.merge(index % ROTATION, right, Boolean::logicalAnd);
    }

    /// How many questions, rotations counted once.
    public int total() {
        return items.size();
    }

    /// How many of them are right in every rotation seen.
    public int passed() {
        return (int) items.values().stream().filter(right -> right).count();
    }
}
