package dev.fovea.kernel;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// A fixed set of threads that compute together. Owned and closed by whoever made it.
///
/// One job at a time: [#forEach] throws `IllegalStateException` if it is called from within a task or while
/// another thread is in it. Threads that wait spin for some tens of microseconds and then park, so that the
/// steps of a decoder follow each other without waking a core, and an idle instance uses no processor time.
public final class Workers implements AutoCloseable {
    /// One unit of work.
    @FunctionalInterface
    public interface Task {
        /// @param task   which unit, `0 …`
        /// @param worker which thread runs it, `0 … threads - 1`; picks scratch memory, never the result
        void run(int task, int worker);
    }

    /// Longer than the gap between two operations of a decode step, far shorter than a scheduler slice: waking
    /// a parked core costs about 40 µs, and a spinning thread steals from whoever else wants its core.
    private static final long SPIN_NANOS = 50_000;

    private static final int SPINS_PER_CLOCK_READ = 32;

    private final int threads;
    private final float[][] scratch;
    private float[] shared = new float[0];
    private final Follower[] followers; // workers 1 … threads - 1
    private final AtomicBoolean busy = new AtomicBoolean();
    private final List<AutoCloseable> owned = new ArrayList<>();
    private volatile @Nullable Job job;
    private volatile boolean closed;

    public Workers(int threads) {
        if (threads < 1) {
            throw new IllegalArgumentException("threads: expected at least 1, found " + threads);
        }
        this.threads = threads;
        this.scratch = new float[threads][0];
        this.followers = new Follower[threads - 1];
        for (int i = 0; i < followers.length; i++) {
            followers[i] = new Follower(i + 1);
        }
        for (Follower follower : followers) {
            follower.thread.start();
        }
    }

    public int threads() {
        return threads;
    }

    /// Runs tasks `0 … tasks - 1` and returns when all are done. Each worker has a run of neighbouring tasks, so that
    /// it reads memory in one direction, and then takes the next ones of others; the caller's thread takes part as
    /// worker 0. An exception of a task is rethrown after all others have run. Must not be called from within a
    /// task.
    public void forEach(int tasks, Task task) {
        run(tasks, task, Math.min(threads, tasks));
    }

    /// As [#forEach], but all workers take the next task of all, so that neighbours are computed at the same time: for
    /// tasks whose order matters, such as those that end with small ones so that no worker waits long at the end.
    public void forEachInTurn(int tasks, Task task) {
        run(tasks, task, 1);
    }

    private void run(int tasks, Task task, int runs) {
        enter();
        try {
            Job current = new Job(task, tasks, runs, Math.min(threads, tasks), Thread.currentThread());
            if (current.active > 1) {
                job = current;
                for (int i = 0; i < current.active - 1; i++) {
                    followers[i].wakeIfParked();
                }
            }
            current.runTasks(0);
            if (!current.close()) {
                awaitUntilDone(current);
            }
            current.throwFailure();
        } finally {
            busy.set(false);
        }
    }

    /// Scratch memory of one worker, at least `floats` long, contents undefined; valid until the next call for
    /// that worker.
    public float[] scratch(int worker, int floats) {
        if (scratch[worker].length < floats) {
            scratch[worker] = new float[floats];
        }
        return scratch[worker];
    }

    /// Scratch memory that all workers may see, at least `floats` long, contents undefined; valid until the
    /// next call. Must not be called from within a task.
    public float[] sharedScratch(int floats) {
        if (shared.length < floats) {
            shared = new float[floats];
        }
        return shared;
    }

    /// Closes `resource` with these workers, after their threads have ended: memory off the heap that tasks use.
    public synchronized void own(AutoCloseable resource) {
        if (closed) {
            throw new IllegalStateException("these workers are closed");
        }
        owned.add(resource);
    }

    /// Ends the threads and waits for them, then closes what they [#own]. Closing twice changes nothing.
    @Override
    public void close() {
        if (closed) {
            return;
        }
        enter();
        closed = true;
        boolean interrupted = false;
        for (Follower follower : followers) {
            LockSupport.unpark(follower.thread);
            while (follower.thread.isAlive()) {
                try {
                    follower.thread.join();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        job = null;
        Arrays.fill(scratch, new float[0]);
        shared = new float[0];
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        closeOwned();
    }

    private synchronized void closeOwned() {
        IllegalStateException failure = null;
        for (AutoCloseable resource : owned.reversed()) {
            try {
                resource.close();
            } catch (Exception e) {
                failure = failure == null ? new IllegalStateException("cannot free " + resource, e) : failure;
            }
        }
        owned.clear();
        if (failure != null) {
            throw failure;
        }
    }

    private void enter() {
        if (closed) {
            throw new IllegalStateException("these workers are closed");
        }
        if (!busy.compareAndSet(false, true)) {
            throw new IllegalStateException(
                    "these workers are busy: called from within a task, or by a second thread at the same time");
        }
    }

    private static void awaitUntilDone(Job current) {
        long start = System.nanoTime();
        while (!current.done()) {
            if (!spin(start)) {
                current.callerParked = true;
                while (!current.done()) {
                    LockSupport.park(current);
                }
                return;
            }
        }
    }

    /// Waits a moment; false when the time to spin since `start` is over.
    private static boolean spin(long start) {
        for (int i = 0; i < SPINS_PER_CLOCK_READ; i++) {
            Thread.onSpinWait();
        }
        return System.nanoTime() - start < SPIN_NANOS;
    }

    /// One call of [#run]. A thread that comes when all tasks are taken, since somebody else had its core,
    /// is not waited for.
    private static final class Job {
        /// Of `working`: all tasks are taken.
        private static final int CLOSED = Integer.MIN_VALUE;

        /// Numbers of a cache line: counters of two workers do not share one.
        private static final int PADDING = 16;

        final Task task;
        final int tasks;
        final int runs;
        final int active; // workers that take part
        final Thread caller;
        private final AtomicIntegerArray taken; // of each run
        private final AtomicInteger working = new AtomicInteger(); // followers at work, and CLOSED
        volatile boolean callerParked;
        private @Nullable Throwable failure; // guarded by this

        Job(Task task, int tasks, int runs, int active, Thread caller) {
            this.task = task;
            this.tasks = tasks;
            this.runs = runs;
            this.active = active;
            this.caller = caller;
            this.taken = new AtomicIntegerArray(runs * PADDING);
        }

        /// Runs what nobody has taken, its own run first.
        void runTasks(int worker) {
            for (int other = 0; other < runs; other++) {
                int run = (worker + other) % runs;
                int begin = (int) ((long) tasks * run / runs);
                int count = (int) ((long) tasks * (run + 1) / runs) - begin;
                for (int i = take(run); i < count; i = take(run)) {
                    run(begin + i, worker);
                }
            }
        }

        private int take(int run) {
            return taken.getAndIncrement(run * PADDING);
        }

        /// Does a follower's part, unless all tasks are taken.
        void join(int worker) {
            int before = working.get();
            while (before >= 0 && !working.compareAndSet(before, before + 1)) {
                before = working.get();
            }
            if (before < 0) {
                return;
            }
            runTasks(worker);
            // The caller sets its flag before it looks at the count a last time; so one of the two sees the other.
            if (working.decrementAndGet() == CLOSED && callerParked) {
                LockSupport.unpark(caller);
            }
        }

        /// Lets no other follower in; whether none is at work.
        boolean close() {
            return working.getAndAdd(CLOSED) == 0;
        }

        boolean done() {
            return working.get() == CLOSED;
        }

        private void run(int i, int worker) {
            try {
                task.run(i, worker);
            } catch (Throwable e) {
                addFailure(e);
            }
        }

        private synchronized void addFailure(Throwable e) {
            if (failure == null) {
                failure = e;
            } else if (!failure.equals(e)) {
                failure.addSuppressed(e);
            }
        }

        synchronized void throwFailure() {
            switch (failure) {
                case null -> {}
                case RuntimeException e -> throw e;
                case Error e -> throw e;
                default -> throw new IllegalStateException("a task failed", failure);
            }
        }
    }

    /// The thread of one worker other than the caller.
    private final class Follower implements Runnable {
        final int worker;
        final Thread thread;
        volatile boolean parked;

        Follower(int worker) {
            this.worker = worker;
            this.thread =
                    Thread.ofPlatform().daemon().name("fovea-worker-" + worker).unstarted(this);
        }

        @Override
        public void run() {
            Job seen = null;
            while (true) {
                Job next = awaitOtherThan(seen);
                if (next == null) {
                    return;
                }
                if (worker < next.active) {
                    next.join(worker);
                }
                seen = next;
            }
        }

        private @Nullable Job awaitOtherThan(@Nullable Job seen) {
            long start = System.nanoTime();
            while (!closed) {
                Job current = job;
                if (current != seen) {
                    return current;
                }
                if (!spin(start)) {
                    parked = true;
                    while (job == seen && !closed) {
                        LockSupport.park(this);
                    }
                    parked = false;
                }
            }
            return null;
        }

        void wakeIfParked() {
            if (parked) {
                LockSupport.unpark(thread);
            }
        }
    }
}
