package dev.fovea.bench;

import dev.fovea.kernel.Workers;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;
import java.util.regex.Pattern;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.results.BenchmarkResult;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/// Speed of every kernel as a share of what the machine can do: of the f32 multiply-add peak where many rows are
/// computed (twice that in bf16 and four times in int8, which is what their instructions do on Zen 4), of the speed at
/// which memory can be read elsewhere. JMH runs each case in a JVM of its own, where it agrees with the scalar
/// technique before it is timed, and the peak is measured just before and just after each iteration.
///
/// ```
/// bench/run.sh KernelSpeed [kernels=vector] [compute=f32] [threads=2] [kept=false] [only=text] [rounds=15] [forks=1]
/// ```
///
/// `only` is a regular expression to be found in the names of cases. With `kept=true` weights are read-only, and may
/// therefore be kept packed from one product to the next. `forks=0` runs all cases in this JVM, where what ran before
/// changes what the compiler knows.
public final class KernelSpeed {
    private static final Map<String, String> DEFAULTS = Map.of(
            "kernels", "vector", "compute", "f32", "threads", "2", "kept", "false", "only", "", "rounds", "15", "forks",
            "1");

    /// Exit status that tells `bench/tables.sh` to do without the column.
    private static final int LACKING = 3;

    private static final String[] JVM = {
        "--add-modules=jdk.incubator.vector",
        "--enable-native-access=ALL-UNNAMED",
        "--sun-misc-unsafe-memory-access=allow", // JMH's own
        "-XX:+UseSerialGC", // and the next, the launcher's
        "-Xmn16m",
        "-Xmx5g"
    };

    private final Options options;

    private KernelSpeed(Options options) {
        this.options = options;
    }

    public static void main(String[] args) throws RunnerException {
        new KernelSpeed(Options.of(DEFAULTS, args)).run();
    }

    private void run() throws RunnerException {
        System.out.printf(
                "%s, %d threads, median of %d rounds%n",
                technique(), options.number("threads"), options.number("rounds"));
        Pattern only = Pattern.compile(options.text("only"));
        for (Case one : Case.all()) {
            if (only.matcher(one.name()).find()) {
                System.out.println(Rounds.of(timed(one)).line(one));
            }
        }
    }

    /// Its name; ends the process where this machine lacks it.
    private String technique() {
        try (Workers workers = new Workers(options.number("threads"))) {
            return Machine.kernels(options.text("kernels"), options.text("compute"), workers)
                    .name();
        } catch (UnsupportedOperationException e) {
            System.err.println(e.getMessage());
            System.exit(LACKING);
            throw e;
        }
    }

    /// Rounds of some 50 ms, at least one call each, after a second and a half, or six calls, of warming up.
    private RunResult timed(Case one) throws RunnerException {
        ChainedOptionsBuilder run = new OptionsBuilder()
                .include("^" + Pattern.quote(one.benchmark().getName()) + "\\.")
                .mode(Mode.AverageTime)
                .timeUnit(TimeUnit.NANOSECONDS)
                .forks(options.number("forks"))
                .jvmArgs(JVM)
                .warmupIterations(6)
                .warmupTime(TimeValue.milliseconds(250))
                .measurementIterations(options.number("rounds"))
                .measurementTime(TimeValue.milliseconds(50))
                .shouldFailOnError(true)
                .verbosity(VerboseMode.SILENT);
        for (String name : new String[] {"kernels", "compute", "threads", "kept"}) {
            run.param(name, options.text(name));
        }
        one.parameters().forEach(run::param);
        return new Runner(run.build()).runSingle();
    }

    /// What the iterations of one case measured.
    private record Rounds(List<Round> rounds) {
        /// One iteration.
        ///
        /// @param speed operations or bytes a second, in billions
        /// @param peak  the most the machine could do around it
        /// @param handover nanoseconds from core to core
        record Round(double speed, double peak, double handover) {
            double share() {
                return speed / peak;
            }
        }

        /// Iterations of a run whose score is nanoseconds a call and which counts what [Share] does.
        static Rounds of(RunResult result) {
            return new Rounds(result.getBenchmarkResults().stream()
                    .map(BenchmarkResult::getIterationResults)
                    .flatMap(iterations -> iterations.stream().map(Rounds::round))
                    .toList());
        }

        private static Round round(IterationResult iteration) {
            double nanos = iteration.getPrimaryResult().getScore();
            return new Round(
                    count(iteration, "work") / nanos, count(iteration, "peak") / 1e9, count(iteration, "handover"));
        }

        private static double count(IterationResult iteration, String name) {
            return Objects.requireNonNull(iteration.getSecondaryResults().get(name), name)
                    .getScore();
        }

        /// Name, median speed, median peak, the median of the rounds' own shares, the best speed and peak, and
        /// how long cores took to hand over a number.
        String line(Case one) {
            double[] speeds = sorted(Round::speed);
            double[] peaks = sorted(Round::peak);
            double[] shares = sorted(Round::share);
            return String.format(
                    Locale.ROOT,
                    "%-66s %7.1f %-7s of %6.1f  %3.0f %%   (best %7.1f of %6.1f; handover %.0f ns)",
                    one.name(),
                    median(speeds),
                    one.unit(),
                    median(peaks),
                    100 * median(shares),
                    speeds[speeds.length - 1],
                    peaks[peaks.length - 1],
                    median(sorted(Round::handover)));
        }

        private double[] sorted(ToDoubleFunction<Round> value) {
            double[] values = rounds.stream().mapToDouble(value).toArray();
            Arrays.sort(values);
            return values;
        }

        private static double median(double[] sorted) {
            return (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
        }
    }
}
