package dev.fovea.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class WorkersTest {
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 7})
    void everyTaskRunsExactlyOnceInEveryJobOfEitherKind(int threads) {
        try (Workers workers = new Workers(threads)) {
            for (int tasks = 0; tasks < 300; tasks++) {
                AtomicIntegerArray runs = new AtomicIntegerArray(Math.max(tasks, 1));
                workers.forEach(tasks, (task, _) -> runs.incrementAndGet(task));
                workers.forEachInTurn(tasks, (task, _) -> runs.incrementAndGet(task));
                for (int i = 0; i < tasks; i++) {
                    assertThat(runs.get(i)).as("task %d of %d", i, tasks).isEqualTo(2);
                }
            }
        }
    }

    @Test
    void workersThatParkedWakeForTheNextJob() throws InterruptedException {
        try (Workers workers = new Workers(3)) {
            for (int i = 0; i < 20; i++) {
                Thread.sleep(2); // far longer than they spin
                int[] by = new int[3];
                CountDownLatch begun = new CountDownLatch(3);
                workers.forEach(3, (task, worker) -> {
                    by[task] = worker + 1;
                    begun.countDown();
                    await(begun);
                });
                assertThat(by).containsExactly(1, 2, 3);
            }
        }
    }

    @Test
    void theCallerWaitsForASlowWorker() {
        try (Workers workers = new Workers(2)) {
            boolean[] done = new boolean[2];
            CountDownLatch begun = new CountDownLatch(2);
            workers.forEach(2, (task, worker) -> {
                begun.countDown();
                await(begun);
                if (worker == 1) {
                    sleep(20);
                }
                done[task] = true;
            });
            assertThat(done).containsExactly(true, true);
        }
    }

    /// The second task does not wait for the worker that has the first one.
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theOtherWorkerTakesWhatIsLeft(boolean inTurn) {
        try (Workers workers = new Workers(2)) {
            int[] by = new int[40];
            CountDownLatch begun = new CountDownLatch(1);
            CountDownLatch others = new CountDownLatch(39);
            Workers.Task tasks = (task, worker) -> {
                by[task] = worker + 1;
                if (task == 0) {
                    begun.countDown();
                    await(others);
                } else {
                    await(begun);
                    others.countDown();
                }
            };
            if (inTurn) {
                workers.forEachInTurn(40, tasks);
            } else {
                workers.forEach(40, tasks);
            }
            for (int task = 1; task < 40; task++) {
                assertThat(by[task]).isEqualTo(3 - by[0]);
            }
        }
    }

    @Test
    void eachWorkerBeginsARunOfNeighbours() {
        try (Workers workers = new Workers(3)) {
            int[] by = new int[8];
            CountDownLatch begun = new CountDownLatch(3);
            workers.forEach(8, (task, worker) -> {
                by[task] = worker;
                if (begun.getCount() > 0) { // the first of each, so that none is taken over
                    begun.countDown();
                    await(begun);
                }
            });
            assertThat(new int[] {by[0], by[2], by[5]}).containsExactly(0, 1, 2);
        }
    }

    @Test
    void inTurnNeighboursAreComputedAtTheSameTime() {
        try (Workers workers = new Workers(3)) {
            int[] by = new int[9];
            CountDownLatch begun = new CountDownLatch(3);
            workers.forEachInTurn(9, (task, worker) -> {
                by[task] = worker;
                if (task < 3) {
                    begun.countDown();
                    await(begun);
                }
            });
            assertThat(new int[] {by[0], by[1], by[2]}).containsExactlyInAnyOrder(0, 1, 2);
        }
    }

    /// More threads than cores, so that some come when others have taken their share, or all: each task runs once, and
    /// none after its call has returned.
    @Test
    void eachTaskRunsOnceHoweverLateAThreadComes() {
        try (Workers workers = new Workers(9)) {
            for (int call = 0; call < 20_000; call++) {
                AtomicIntegerArray runs = new AtomicIntegerArray(1 + call % 13);
                boolean[] returned = {false};
                Workers.Task task = (i, _) -> {
                    assertThat(returned[0]).isFalse();
                    runs.incrementAndGet(i);
                };
                if (call % 2 == 0) {
                    workers.forEach(runs.length(), task);
                } else {
                    workers.forEachInTurn(runs.length(), task);
                }
                returned[0] = true;
                for (int i = 0; i < runs.length(); i++) {
                    assertThat(runs.get(i)).isEqualTo(1);
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4})
    void aFailureIsRethrownAfterAllOthersHaveRunAndTheWorkersStayUsable(int threads) {
        try (Workers workers = new Workers(threads)) {
            AtomicIntegerArray runs = new AtomicIntegerArray(10);
            assertThatThrownBy(() -> workers.forEach(10, (task, _) -> {
                        runs.incrementAndGet(task);
                        if (task == 3 || task == 8) {
                            throw new ArithmeticException("task " + task);
                        }
                    }))
                    .isInstanceOf(ArithmeticException.class)
                    .satisfies(e -> assertThat(e.getSuppressed()).hasSize(1));
            for (int i = 0; i < 10; i++) {
                assertThat(runs.get(i)).isEqualTo(1);
            }
            workers.forEach(10, (task, _) -> runs.incrementAndGet(task));
            assertThat(runs.get(9)).isEqualTo(2);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void aTaskThatStartsTasksIsRejected(int threads) {
        try (Workers workers = new Workers(threads)) {
            assertThatThrownBy(() -> workers.forEach(2, (_, _) -> workers.forEach(1, (_, _) -> {})))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("from within a task");
            assertThatThrownBy(() -> workers.forEach(2, (_, _) -> close(workers)))
                    .isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void aSecondCallerIsRejected() throws InterruptedException {
        try (Workers workers = new Workers(2)) {
            CountDownLatch entered = new CountDownLatch(1);
            CountDownLatch release = new CountDownLatch(1);
            Thread first = Thread.ofPlatform()
                    .start(() -> workers.forEach(1, (_, _) -> {
                        entered.countDown();
                        await(release);
                    }));
            await(entered);
            assertThatThrownBy(() -> workers.forEach(1, (_, _) -> {}))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("second thread");
            release.countDown();
            first.join();
        }
    }

    @Test
    void closingEndsTheThreadsAndFurtherWorkIsRejected() {
        Thread[] used = new Thread[3];
        Workers workers = new Workers(3);
        CountDownLatch begun = new CountDownLatch(3);
        workers.forEach(3, (task, _) -> {
            used[task] = Thread.currentThread();
            begun.countDown();
            await(begun);
        });
        workers.close();
        workers.close();
        assertThat(used[0]).isSameAs(Thread.currentThread());
        assertThat(used[1].isAlive()).isFalse();
        assertThat(used[2].isAlive()).isFalse();
        assertThat(used[1].isDaemon()).isTrue();
        assertThatThrownBy(() -> workers.forEach(1, (_, _) -> {}))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("closed");
    }

    @Test
    void scratchBelongsToOneWorkerAndGrows() {
        try (Workers workers = new Workers(2)) {
            float[] first = workers.scratch(0, 10);
            assertThat(first).hasSizeGreaterThanOrEqualTo(10);
            assertThat(workers.scratch(0, 5)).isSameAs(first);
            assertThat(workers.scratch(1, 5)).isNotSameAs(first);
            assertThat(workers.scratch(0, 1000)).hasSizeGreaterThanOrEqualTo(1000);
            assertThat(workers.sharedScratch(7)).isNotSameAs(first).hasSizeGreaterThanOrEqualTo(7);
        }
    }

    private static void close(AutoCloseable closeable) {
        try {
            closeable.close();
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private static void sleep(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            if (!latch.await(30, TimeUnit.SECONDS)) {
                throw new AssertionError("nobody came");
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void whatTheyOwnIsClosedOnceAfterTheirThreadsTheLatestFirst() {
        Workers workers = new Workers(2);
        StringBuilder order = new StringBuilder();
        workers.own(() -> order.append("first"));
        workers.own(() -> order.append("second "));
        workers.close();
        workers.close();
        assertThat(order.toString()).isEqualTo("second first");
        assertThatIllegalStateException().isThrownBy(() -> workers.own(() -> {}));
    }
}
