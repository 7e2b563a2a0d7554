package dev.fovea.engine;

import dev.fovea.engine.ImageEncoder.Encoded;
import dev.fovea.engine.reduce.ImageSpan;
import dev.fovea.engine.text.Decoder;
import dev.fovea.engine.text.DecoderHook;
import dev.fovea.engine.text.KvCache;
import dev.fovea.engine.text.Monitor;
import dev.fovea.engine.text.Phase;
import dev.fovea.engine.text.Sampling;
import dev.fovea.kernel.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;

/// A conversation: its cache, its images and its method. A follow-up question costs no vision work.
///
/// Belongs to one thread at a time and throws if entered twice; [#cancel] may come from any thread.
public final class Session implements AutoCloseable {
    private final Engine engine;
    private final SessionOptions options;
    private final int context;
    private final KvCache cache;
    private final AtomicBoolean entered = new AtomicBoolean();
    private final List<ImageSpan> images = new ArrayList<>();
    private DecoderHook hook = DecoderHook.NONE;
    private volatile boolean cancelled;
    private boolean closed;

    /// Every token of the conversation, the image token standing for an image.
    private int[] history = new int[0];

    /// Position of the next row: how many rows have passed the first layer.
    private int position;

    /// Tokens at the end of the history that have not passed the decoder yet: the one that ended the last answer.
    private int pending;

    Session(Engine engine, SessionOptions options) {
        this.engine = engine;
        this.options = options;
        this.context = engine.contextLength(options);
        this.cache =
                new KvCache(engine.model().config().text(), engine.options().cacheFormat());
    }

    /// Positions that the session can hold.
    public int contextLength() {
        return context;
    }

    /// Where the images of the conversation lie among its positions, in order.
    public List<ImageSpan> images() {
        return List.copyOf(images);
    }

    /// The method's work inside the decoder; what it chose can be read from a hook that keeps a trace of it.
    public DecoderHook hook() {
        return hook;
    }

    /// Positions of the rows that a layer's cache holds.
    int[] positions(int layer) {
        return cache.positions(layer);
    }

    /// Answers a prompt; the turns before it count.
    ///
    /// @param sink receives the answer token by token, outside of any lock
    /// @throws PromptTooLongException when the prompt leaves no room for an answer; the session is as before
    public Generation generate(Prompt prompt, Sampling sampling, TokenSink sink) {
        return generate(prompt, sampling, sink, ProgressListener.NONE);
    }

    /// As [#generate(Prompt, Sampling, TokenSink)], and tells how far it is.
    public Generation generate(Prompt prompt, Sampling sampling, TokenSink sink, ProgressListener listener) {
        enter();
        try {
            cancelled = false;
            StatsRecorder recorder = new StatsRecorder(engine.kernels());
            return new Turn(prompt, sampling, sink, listener, recorder).run();
        } finally {
            entered.set(false);
        }
    }

    private void enter() {
        if (closed) {
            throw new IllegalStateException("the session is closed");
        }
        if (!entered.compareAndSet(false, true)) {
            throw new IllegalStateException("the session is in use by another thread");
        }
    }

    /// Stops the answer that is being made, within one layer of a prompt or one token; harmless when there is none.
    public void cancel() {
        cancelled = true;
    }

    /// Frees the cache.
    @Override
    public void close() {
        enter();
        closed = true;
        entered.set(false);
        cache.close();
        engine.closed(this);
    }

    /// One prompt and its answer.
    private final class Turn {
        private final Prompt prompt;
        private final Sampling sampling;
        private final TokenSink sink;
        private final ProgressListener listener;
        private final StatsRecorder recorder;
        private final List<ImageStats> imageStats = new ArrayList<>();
        private int promptRows;

        Turn(Prompt prompt, Sampling sampling, TokenSink sink, ProgressListener listener, StatsRecorder recorder) {
            this.prompt = prompt;
            this.sampling = sampling;
            this.sink = sink;
            this.listener = listener;
            this.recorder = recorder;
        }

        Generation run() {
            Answer answer = new Answer(engine, sampling, recorder);
            dropEnd();
            int[] ids = engine.promptIds(prompt, history.length == 0);
            int begin = position;
            int known = images.size();
            boolean more;
            engine.lock();
            try {
                recorder.resync();
                Tensor rows = rows(ids);
                if (images.size() > known) {
                    hook = options.reduction().hook(engine.model().decoder(), List.copyOf(images));
                }
                Tensor logits = forward(rows, Phase.PREFILL);
                history = concat(history, ids);
                pending = 0;
                more = answer.first(logits, history);
                recorder.end(Stage.PREFILL);
            } catch (CancelledException e) {
                forget(begin, known);
                return answer.generation(StopReason.CANCELLED, stats(0));
            } catch (RuntimeException | Error e) {
                forget(begin, known);
                throw e;
            } finally {
                engine.unlock();
            }
            StopReason reason = decode(answer, more);
            history = concat(history, answer.ids());
            pending = 1;
            return answer.generation(reason, stats(answer.ids().length));
        }

        /// The token that ended the last answer is not part of it: what stands between turns is the format's to say.
        private void dropEnd() {
            if (pending > 0 && engine.ends(history[history.length - 1])) {
                history = Arrays.copyOf(history, history.length - 1);
                pending = 0;
            }
        }

        /// Makes the session what it was before this turn.
        private void forget(int begin, int known) {
            cache.truncate(begin);
            position = begin;
            images.subList(known, images.size()).clear();
            hook = options.reduction().hook(engine.model().decoder(), List.copyOf(images));
        }

        private StopReason decode(Answer answer, boolean more) {
            while (true) {
                listener.progress(Stage.DECODE, answer.ids().length, sampling.maxTokens());
                boolean wanted = answer.deliver(sink) && !cancelled;
                if (!more) {
                    return answer.stopReason();
                }
                if (!wanted) {
                    return StopReason.CANCELLED;
                }
                if (position >= context) {
                    return StopReason.LENGTH;
                }
                engine.lock();
                try {
                    recorder.resync();
                    Tensor row =
                            Tensor.zeros(1, engine.model().decoder().config().hidden());
                    engine.model().decoder().embed(answer.last(), row);
                    more = answer.next(forward(row, Phase.STEP));
                    recorder.end(Stage.DECODE);
                } catch (CancelledException e) {
                    cache.truncate(position);
                    return StopReason.CANCELLED;
                } finally {
                    engine.unlock();
                }
            }
        }

        private Tensor forward(Tensor rows, Phase phase) {
            Monitor monitor = (layer, layers) -> {
                if (cancelled) {
                    throw new CancelledException();
                }
                if (phase == Phase.PREFILL) {
                    listener.progress(Stage.PREFILL, layer, layers);
                }
            };
            Decoder decoder = engine.model().decoder();
            Tensor logits = decoder.forward(rows, position, cache, hook, phase, monitor, engine.workspace());
            position += rows.rows();
            return logits;
        }

        /// The rows of the pending and the new tokens, images in their places.
        ///
        /// @return `[n, hidden]`
        private Tensor rows(int[] ids) {
            int imageToken = engine.imageToken();
            int marks = (int) Arrays.stream(ids).filter(id -> id == imageToken).count();
            if (marks != prompt.images().size()) {
                throw new IllegalArgumentException("prompt: expected one image for each of its " + marks
                        + " image marks, found " + prompt.images().size());
            }
            int[] tokens = concat(Arrays.copyOfRange(history, history.length - pending, history.length), ids);
            List<Encoded> encoded = new ArrayList<>();
            for (ImageInput image : prompt.images()) {
                listener.progress(Stage.VISION, encoded.size(), marks);
                encoded.add(engine.encoder().encode(image, options.reduction(), recorder));
                if (cancelled) {
                    throw new CancelledException();
                }
            }
            int count = tokens.length - marks;
            for (Encoded image : encoded) {
                count += image.rows().rows();
                imageStats.add(image.stats());
            }
            if (count == 0) {
                throw new IllegalArgumentException("prompt: expected at least one token, found none");
            }
            if (position + count >= context) {
                throw new PromptTooLongException(position, count, context);
            }
            promptRows = count;
            return splice(tokens, encoded, count);
        }

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
                images.add(
                        new ImageSpan(begin, position + row, image.reduced().prompt(), image.grid(), image.outside()));
            }
            return rows;
        }

        private Stats stats(int tokens) {
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
    }

    private static int[] concat(int[] first, int[] second) {
        int[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }
}
