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

    /// Runs tasks `0 … tasks - 1` and returns when all are done. The split is static, a run of
    /// neighbouring tasks for each worker, which another takes over where it has not begun; the caller's
    /// thread takes part as worker 0. An exception of a task is rethrown after all others have run. Must
    /// not be called from within a task.
    public void forEach(int tasks, Task task) {
        run(tasks, task, null);
    }

    /// As [#forEach], but each worker takes the next task when it is done with one: for tasks of which it is not known
    /// how long they take, such as those that wait for memory, which cores get unequal shares of. Costs an atomic
    /// operation for each task.
    public void forEachInTurn(int tasks, Task task) {
        run(tasks, task, new AtomicInteger());
    }

    /// @param next the next task to take, or null for a static split
    private void run(int tasks, Task task, @Nullable AtomicInteger next) {
        enter();
        try {
            Job current = new Job(task, tasks, next, Math.min(threads, tasks), Thread.currentThread());
            if (current.active > 1) {
                job = current;
                for (int i = 0; i < current.active - 1; i++) {
                    followers[i].wakeIfParked();
                }
            }
            current.runShares(0);
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

        final Task task;
        final int tasks;
        final @Nullable AtomicInteger next; // not of a static split
        final int active; // workers that have a share
        final Thread caller;
        private final AtomicIntegerArray taken; // shares of a static split
        private final AtomicInteger working = new AtomicInteger(); // followers at work, and CLOSED
        volatile boolean callerParked;
        private @Nullable Throwable failure; // guarded by this

        Job(Task task, int tasks, @Nullable AtomicInteger next, int active, Thread caller) {
            this.task = task;
            this.tasks = tasks;
            this.next = next;
            this.active = active;
            this.caller = caller;
            this.taken = new AtomicIntegerArray(next == null ? active : 0);
        }

        /// Runs what nobody has taken, its own share first.
        void runShares(int worker) {
            if (next != null) {
                for (int i = next.getAndIncrement(); i < tasks; i = next.getAndIncrement()) {
                    run(i, worker);
                }
                return;
            }
            for (int other = 0; other < active; other++) {
                int share = (worker + other) % active;
                if (taken.compareAndSet(share, 0, 1)) {
                    int begin = (int) ((long) tasks * share / active);
                    int end = (int) ((long) tasks * (share + 1) / active);
                    for (int i = begin; i < end; i++) {
                        run(i, worker);
                    }
                }
            }
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
            runShares(worker);
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
