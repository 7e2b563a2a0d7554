package dev.fovea.cli.bench;

import dev.fovea.cli.report.PeakMemory;
import dev.fovea.cli.terminal.ProgressLine;
import dev.fovea.engine.Engine;
import dev.fovea.engine.Generation;
import dev.fovea.engine.ImageInput;
import dev.fovea.engine.Prompt;
import dev.fovea.engine.Session;
import dev.fovea.engine.SessionOptions;
import dev.fovea.engine.Stats;
import dev.fovea.engine.TokenSink;
import dev.fovea.engine.image.RgbImage;
import dev.fovea.engine.text.Sampling;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.SplittableRandom;

/// Runs every line of a table.
record Bench(Engine engine, Load load, ProgressLine progress) {
    /// Ids below are special in all vocabularies served.
    private static final int FIRST_WORD = 3;

    /// Where the image stands in the prompt, as after a short instruction mark.
    private static final int BEFORE_IMAGE = 5;

    /// What every line has to do.
    ///
    /// @param promptTokens of the prompt beside the image
    /// @param newTokens    of the answer
    /// @param runs         of each line
    /// @param peak         whether the processor's peak is measured as well
    record Load(ImageInput image, int promptTokens, int newTokens, int runs, boolean peak) {
        Load {
            if (promptTokens < 1 || newTokens < 1 || runs < 1) {
                throw new IllegalArgumentException(
                        "bench: expected at least one prompt token, new token and run, found " + promptTokens + ", "
                                + newTokens + " and " + runs);
            }
        }
    }

    /// A picture of noise, the same every time.
    static ImageInput noise(int height, int width) {
        RgbImage image = RgbImage.filled(height, width, 0);
        new SplittableRandom(1).nextBytes(image.rgb());
        return new ImageInput.Pixels(image);
    }

    BenchReport run(String model, List<Line> lines) {
        progress.about("warming up");
        long begin = System.nanoTime();
        engine.warmUp();
        long warmUp = System.nanoTime() - begin;
        Stats first = once(lines.getLast());
        double peak = peak();
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            Line line = lines.get(i);
            System.gc();
            PeakMemory.restart();
            List<Stats> runs = new ArrayList<>();
            for (int run = 1; run <= load.runs; run++) {
                progress.about("line " + (i + 1) + " of " + lines.size() + ", " + line.name() + ", run " + run + " of "
                        + load.runs);
                runs.add(once(line));
            }
            rows.add(Row.of(line, runs, PeakMemory.bytes()));
        }
        peak = Math.max(peak, peak()); // whichever moment was quieter
        return new BenchReport(model, engine.options(), engine.compute(), warmUp, first, load, peak, rows);
    }

    /// 0 where it is not wanted or not known.
    private double peak() {
        OptionalDouble measured = load.peak ? engine.peak() : OptionalDouble.empty();
        return measured.orElse(0);
    }

    /// Peak memory is to be that of a request, not of what requests before it left behind.
    private Stats once(Line line) {
        System.gc();
        return answer(line, 0).stats();
    }

    /// The likeliest answer of as many tokens as asked for.
    ///
    /// @param logprobs how many log-probabilities of the first token are wanted
    Generation answer(Line line, int logprobs) {
        Sampling sampling =
                new Sampling(load.newTokens, 0, 0, 1, 0, 1, 0, List.of(), Set.of(), true, logprobs); // ends are ignored
        try (Session session = engine.open(SessionOptions.of(line.reduction()))) {
            Prompt prompt = new Prompt.Tokens(ids(), List.of(load.image));
            return session.generate(prompt, sampling, TokenSink.NONE, progress);
        }
    }

    /// The start token and words of no meaning, the image among them.
    private int[] ids() {
        SplittableRandom random = new SplittableRandom(2);
        int[] ids = new int[load.promptTokens + 1];
        int words = Math.min(
                engine.config().text().vocab(),
                engine.config().imageToken() < 0
                        ? Integer.MAX_VALUE
                        : engine.config().imageToken());
        for (int i = 0; i < ids.length; i++) {
            ids[i] = random.nextInt(FIRST_WORD, words);
        }
        ids[0] = engine.config().bos();
        ids[Math.min(BEFORE_IMAGE, load.promptTokens)] = engine.config().imageToken();
        return ids;
    }
}
