// Gives bailey-init a launch plan that was written before: replay BAILEY-INIT PLAN RECORD.
//
// What `bailey run` does last, and nothing that it does first: the plan goes on a sealed memfd, the record is taken, the
// launcher is executed. Plans are made for one start each; a benchmark that starts one again and again is alone with it.
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

static int sealed_plan(const char *path)
{
    static char bytes[1 << 20];
    int from = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = from < 0 ? -1 : read(from, bytes, sizeof bytes);
    int plan = memfd_create("bailey-plan", MFD_ALLOW_SEALING);
    if (length <= 0 || plan < 0 || write(plan, bytes, (size_t)length) != length || lseek(plan, 0, SEEK_SET) != 0)
        err(125, "%s", path);
    if (fcntl(plan, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) != 0)
        err(125, "sealing the plan");
    close(from);
    return plan;
}

int main(int count, char **words)
{
    if (count != 4)
        errx(125, "usage: replay BAILEY-INIT PLAN RECORD");
    int plan = sealed_plan(words[2]);
    int record = open(words[3], O_RDWR | O_CREAT, 0600);
    if (record < 0 || flock(record, LOCK_EX) != 0)
        err(125, "%s", words[3]);
    char plan_number[12], record_number[12];
    snprintf(plan_number, sizeof plan_number, "%d", plan);
    snprintf(record_number, sizeof record_number, "%d", record);
    char *arguments[] = {"bailey-init", "launch", plan_number, record_number, "-1", NULL};
    char *environment[] = {NULL};
    execve(words[1], arguments, environment);
    err(125, "%s", words[1]);
}
