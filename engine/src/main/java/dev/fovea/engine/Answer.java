package dev.fovea.engine;

import dev.fovea.engine.text.Sampler;
import dev.fovea.engine.text.Sampling;
import dev.fovea.engine.text.TokenLogprob;
import dev.fovea.engine.tokenizer.StreamingDecoder;
import dev.fovea.kernel.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// An answer in the making: chooses tokens, turns them into text and knows when it ends.
final class Answer {
    private final Engine engine;
    private final Sampling sampling;
    private final StatsRecorder recorder;
    private final Optional<StreamingDecoder> stream;
    private final StopText text;
    private Sampler sampler;
    private int[] ids = new int[0];
    private float[] logprob = new float[0];
    private List<TokenLogprob> firstLogprobs = List.of();
    private StopReason reason = StopReason.LENGTH;
    private boolean ended;
    private boolean delivered = true;

    Answer(Engine engine, Sampling sampling, StatsRecorder recorder) {
        this.engine = engine;
        this.sampling = sampling;
        this.recorder = recorder;
        this.stream = engine.tokenizer().map(tokenizer -> tokenizer.stream());
        this.text = new StopText(sampling.stopStrings());
        this.sampler = new Sampler(sampling, new int[0]);
    }

    /// Chooses the first token from the prompt's logits. Returns whether the answer goes on.
    boolean first(Tensor logits, int[] prompt) {
        sampler = new Sampler(sampling, prompt);
        firstLogprobs = Sampler.best(logits, sampling.logprobs());
        boolean more = next(logits);
        recorder.firstToken();
        return more;
    }

    /// Chooses the next token. Returns whether the answer goes on.
    ///
    /// @param logits `[1, vocab]`; overwritten
    boolean next(Tensor logits) {
        boolean wanted = sampling.logprobs() > 0;
        float[] raw = wanted ? logits.toArray() : new float[0];
        double normaliser = wanted ? Sampler.logSumExp(logits) : 0;
        int token = sampler.next(logits);
        ids = Arrays.copyOf(ids, ids.length + 1);
        ids[ids.length - 1] = token;
        if (wanted) {
            logprob = Arrays.copyOf(logprob, ids.length);
            logprob[ids.length - 1] = (float) (raw[token] - normaliser);
        }
        delivered = false;
        if (!sampling.ignoreEnd() && engine.ends(token)) {
            reason = StopReason.END;
            ended = true;
        } else if (sampling.stopIds().contains(token)) {
            reason = StopReason.STOP;
            ended = true;
        }
        return !ended && ids.length < sampling.maxTokens();
    }

    int last() {
        return ids[ids.length - 1];
    }

    /// Gives the newest token to the sink. Returns false when the answer must not go on.
    boolean deliver(TokenSink sink) {
        if (delivered) {
            return true;
        }
        delivered = true;
        String shown = ended
                ? ""
                : text.add(stream.map(decoder -> decoder.push(last())).orElse(""));
        if (text.stopped()) {
            reason = StopReason.STOP;
            ended = true;
        } else if (ended || ids.length == sampling.maxTokens()) {
            shown += text.add(stream.map(StreamingDecoder::flush).orElse("")) + text.rest();
        }
        return sink.accept(new GeneratedToken(last(), shown)) && !ended;
    }

    int[] ids() {
        return ids;
    }

    StopReason stopReason() {
        return reason;
    }

    Generation generation(StopReason why, Stats stats) {
        return new Generation(text.text(), ids.clone(), why, firstLogprobs, logprob.clone(), stats);
    }
}
