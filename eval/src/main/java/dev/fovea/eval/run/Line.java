package dev.fovea.eval.run;

/// One line of the journal: an answer, its score and what it cost.
///
/// Costs are those of the question asked alone: where several questions share the beginning of a prompt, each
/// carries all of it.
///
/// @param id           the sample
/// @param tokens       visual tokens in the prompt, newlines included
/// @param before       visual tokens without reduction
/// @param outside      tokens outside the prompt that the method may show to the decoder
/// @param recall       share of the evidence's patches that the model saw; NaN where unknown
/// @param made         tokens of the answer
/// @param visionNanos  preprocessing, tower, selection and projector
/// @param firstNanos   until the first token
/// @param decodeNanos  after the first token
/// @param visionOps    floating-point operations of tower, selection and projector
/// @param prefillOps   floating-point operations of the prompt in the decoder
/// @param decodeOps    floating-point operations of the answer's further tokens
public record Line(
        Arm arm,
        String id,
        String answer,
        double score,
        int tokens,
        int before,
        int outside,
        double recall,
        int made,
        long visionNanos,
        long firstNanos,
        long decodeNanos,
        long visionOps,
        long prefillOps,
        long decodeOps) {
    /// What makes an answer the same answer.
    record Key(Arm arm, String id) {}

    Key key() {
        return new Key(arm, id);
    }
}
