package dev.fovea.engine;

import dev.fovea.engine.ImageEncoder.Encoded;
import dev.fovea.engine.reduce.ImageSpan;
import dev.fovea.engine.reduce.TokenReduction;
import dev.fovea.engine.text.Decoder;
import dev.fovea.engine.text.DecoderHook;
import dev.fovea.engine.text.KvCache;
import dev.fovea.engine.text.Phase;
import dev.fovea.kernel.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/// What a session remembers: tokens, images, the method's hook and the cache; and the passes that add to them.
///
/// Passes are made while the engine is locked; logits that they return hold until the next pass of any session.
final class Conversation implements AutoCloseable {
    private final Engine engine;
    private final TokenReduction reduction;
    private final int context;
    private final KvCache cache;
    private final List<ImageSpan> images = new ArrayList<>();
    private DecoderHook hook = DecoderHook.NONE;

    /// Every token of the conversation, the image token standing for an image.
    private int[] history = new int[0];

    /// Position of the next row: how many rows have passed the first layer.
    private int position;

    /// Tokens at the end of the history that have not passed the decoder yet: the one that ended the last answer.
    private int pending;

    Conversation(Engine engine, SessionOptions options) {
        this.engine = engine;
        this.reduction = engine.forModel(options.reduction());
        this.context = engine.contextLength(options);
        this.cache =
                new KvCache(engine.model().config().text(), engine.options().cacheFormat());
    }

    /// A moment to which the conversation can be taken back.
    record Mark(int position, int images, int[] history, int pending) {}

    /// A prompt that has passed the decoder.
    ///
    /// @param logits `[1, vocab]`
    /// @param images what became of its images
    /// @param rows   rows that it added
    record Prefilled(Tensor logits, List<ImageStats> images, int rows) {}

    TokenReduction reduction() {
        return reduction;
    }

    int context() {
        return context;
    }

    KvCache cache() {
        return cache;
    }

    List<ImageSpan> images() {
        return List.copyOf(images);
    }

    DecoderHook hook() {
        return hook;
    }

    int[] history() {
        return history;
    }

    int position() {
        return position;
    }

    boolean full() {
        return position >= context;
    }

    Mark mark() {
        return new Mark(position, images.size(), history, pending);
    }

    /// Forgets everything since a moment. The hook stays unless images are forgotten.
    void restore(Mark mark) {
        cache.truncate(mark.position());
        position = mark.position();
        history = mark.history();
        pending = mark.pending();
        if (images.size() > mark.images()) {
            images.subList(mark.images(), images.size()).clear();
            replaceHook();
        }
    }

    private void replaceHook() {
        hook.close();
        hook = reduction.hook(engine.model().decoder(), List.copyOf(images));
    }

    /// The new token ids of a prompt. The token that ended the last answer is not part of it: what stands between
    /// turns is the format's to say.
    int[] ids(Prompt prompt) {
        if (pending > 0 && engine.ends(history[history.length - 1])) {
            history = Arrays.copyOf(history, history.length - 1);
            pending = 0;
        }
        return engine.promptIds(prompt, history.length == 0);
    }

    /// Takes a prompt through tower and decoder.
    ///
    /// @param ids of the prompt
    Prefilled prefill(int[] ids, List<ImageInput> inputs, Watch watch) {
        int imageToken = engine.imageToken();
        int marks = (int) Arrays.stream(ids).filter(id -> id == imageToken).count();
        if (marks != inputs.size()) {
            throw new IllegalArgumentException(
                    "prompt: expected one image for each of its " + marks + " image marks, found " + inputs.size());
        }
        int[] tokens = concat(Arrays.copyOfRange(history, history.length - pending, history.length), ids);
        List<Encoded> encoded = encode(inputs, watch);
        int count = tokens.length - marks;
        for (Encoded image : encoded) {
            count += image.rows().rows();
        }
        if (count == 0) {
            throw new IllegalArgumentException("prompt: expected at least one token, found none");
        }
        if (position + count >= context) {
            throw new PromptTooLongException(position, count, context);
        }
        Tensor rows = splice(tokens, encoded, count);
        if (marks > 0) {
            replaceHook();
        }
        Tensor logits = forward(rows, Phase.PREFILL, watch);
        history = concat(history, ids);
        pending = 0;
        return new Prefilled(logits, encoded.stream().map(Encoded::stats).toList(), count);
    }

    private List<Encoded> encode(List<ImageInput> inputs, Watch watch) {
        List<Encoded> encoded = new ArrayList<>();
        for (ImageInput image : inputs) {
            watch.listener().progress(Stage.VISION, encoded.size(), inputs.size());
            encoded.add(engine.encoder().encode(image, reduction, watch.recorder()));
            watch.check();
        }
        return encoded;
    }

    /// Rows of tokens, images in their places.
    ///
    /// @return `[count, hidden]`
    private Tensor splice(int[] tokens, List<Encoded> encoded, int count) {
        Decoder decoder = engine.model().decoder();
        Tensor rows = Tensor.zeros(count, decoder.config().hidden());
        int imageToken = engine.imageToken();
        int row = 0;
        int next = 0;
        for (int token : tokens) {
            if (token != imageToken) {
                decoder.embed(token, rows.slice(row, row + 1));
                row++;
                continue;
            }
            Encoded image = encoded.get(next++);
            int begin = position + row;
            for (int r = 0; r < image.rows().rows(); r++) {
                image.rows().copyRow(r, rows.data(), rows.at(row++));
            }
            images.add(new ImageSpan(begin, position + row, image.reduced().prompt(), image.grid(), image.outside()));
        }
        return rows;
    }

    /// Takes one token through the decoder; it does not become part of the history.
    ///
    /// @return `[1, vocab]`
    Tensor step(int token, Watch watch) {
        Tensor row = Tensor.zeros(1, engine.model().decoder().config().hidden());
        engine.model().decoder().embed(token, row);
        return forward(row, Phase.STEP, watch);
    }

    /// Adds an answer whose tokens have passed the decoder, but for the last one.
    void answered(int[] ids) {
        history = concat(history, ids);
        pending = 1;
    }

    private Tensor forward(Tensor rows, Phase phase, Watch watch) {
        try {
            Decoder decoder = engine.model().decoder();
            Tensor logits =
                    decoder.forward(rows, position, cache, hook, phase, watch.monitor(phase), engine.workspace());
            position += rows.rows();
            return logits;
        } catch (CancelledException e) {
            cache.truncate(position);
            throw e;
        }
    }

    Stats stats(StatsRecorder recorder, List<ImageStats> imageStats, int promptRows, int tokens) {
        int layers = engine.model().config().text().layers();
        return new Stats(
                recorder.nanos(),
                recorder.operations(),
                imageStats,
                promptRows,
                IntStream.range(0, layers).map(cache::rows).toArray(),
                cache.bytes(),
                tokens,
                recorder.firstTokenNanos(),
                recorder.totalNanos(),
                engine.kernels().name());
    }

    private static int[] concat(int[] first, int[] second) {
        int[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }

    @Override
    public void close() {
        hook.close();
        cache.close();
    }
}
