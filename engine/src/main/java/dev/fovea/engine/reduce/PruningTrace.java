package dev.fovea.engine.reduce;

/// What a decoder-side method chose in the last prompt, for pictures and reports.
public interface PruningTrace {
    /// Prompt positions of the visual tokens that stayed, ascending.
    int[] keptPositions();

    /// The ranking, by prompt position.
    float[] scores();
}
