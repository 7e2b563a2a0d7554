package dev.fovea.engine;

/// How likely a model thinks one answer.
///
/// @param ids     its tokens, without one that ends the answer
/// @param logprob natural logarithm of the probability of each, given the prompt and the tokens before it
public record OptionScore(int[] ids, float[] logprob) {
    /// The mean of the tokens' negative log-likelihoods: the loss of a teacher-forced pass; lower is likelier.
    public double loss() {
        double sum = 0;
        for (float value : logprob) {
            sum -= value;
        }
        return sum / logprob.length;
    }
}
