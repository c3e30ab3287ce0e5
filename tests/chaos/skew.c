/* Loaded before the C library: the clock of a process runs as many seconds off as a table says, by its id.
 * The table is a file that CHAOS_CLOCKS names, of sixteen pairs of numbers: id and seconds. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define PLACES 16

static volatile const int64_t (*table)[2];

__attribute__((constructor)) static void open_table(void)
{
    const char *path = getenv("CHAOS_CLOCKS");
    int file = path ? open(path, O_RDONLY) : -1;
    if (file < 0)
        return;
    void *found = mmap(NULL, PLACES * sizeof(*table), PROT_READ, MAP_SHARED, file, 0);
    if (found != MAP_FAILED)
        table = found;
    close(file);
}

static int64_t off(void)
{
    int64_t self = getpid();
    for (int place = 0; table && place < PLACES; place++)
        if (table[place][0] == self)
            return table[place][1];
    return 0;
}

int clock_gettime(clockid_t clock, struct timespec *time)
{
    static int (*true_one)(clockid_t, struct timespec *);
    if (!true_one)
        true_one = dlsym(RTLD_NEXT, "clock_gettime");
    int result = true_one(clock, time);
    if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        time->tv_sec += off();
    return result;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone)
{
    (void)zone;
    struct timespec now;
    int result = clock_gettime(CLOCK_REALTIME, &now);
    time->tv_sec = now.tv_sec;
    time->tv_usec = now.tv_nsec / 1000;
    return result;
}

time_t time(time_t *kept)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (kept)
        *kept = now.tv_sec;
    return now.tv_sec;
}
