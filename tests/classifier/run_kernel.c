/* Runs the kernel on one network from standard input, with every array in memory of exactly its size, so that the
 * sanitizers find a read or write beyond it. It is compiled together with the kernel for the variant to be tested.
 * Input, all int32 in the machine's order: layers, image_bytes, crops, outputs of the last layer; for each layer its seven
 * numbers, the counts of words and limits, then these; then the crops' bytes. Output: the scores. */
#include <stdio.h>
#include <stdlib.h>

#include "xnor_kernel.c"

static void *read_array(size_t count, size_t size)
{
    void *array = malloc(count * size);
    if (array == NULL || fread(array, size, count, stdin) != count)
        exit(2);
    return array;
}

int main(int argc, char **argv)
{
    if (argc > 1 && argv[1][0] == 'l')
        return xnor_lanes();
    int32_t *head = read_array(4, sizeof *head);
    struct layer *layers = malloc(sizeof *layers * (size_t)head[0]);
    for (int i = 0; i < head[0]; i++) {
        int32_t *numbers = read_array(9, sizeof *numbers);
        memcpy(layers + i, numbers, 7 * sizeof *numbers);
        layers[i].weights = read_array((size_t)numbers[7], sizeof *layers[i].weights);
        layers[i].limits = read_array((size_t)numbers[8], sizeof *layers[i].limits);
        free(numbers);
    }
    uint8_t *crops = read_array((size_t)head[2], 32 * 32 * 3), *images = malloc(2 * (size_t)head[1]);
    size_t count = (size_t)(head[2] * head[3]);
    int32_t *scores = malloc(count * sizeof *scores);
    xnor_scores(layers, head[0], crops, head[2], scores, images, head[1]);
    return fwrite(scores, sizeof *scores, count, stdout) != count;
}
