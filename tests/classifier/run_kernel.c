/* Runs the kernel on one network from standard input, with every array in memory of exactly its size, so that the
 * sanitizers find a read or write beyond it. It is compiled together with the kernel for the variant to be tested.
 * Input, all int32 in the machine's order: layers, image_bytes, crops, outputs of the last layer; for each layer its seven
 * numbers, the sizes of weights and limits in bytes, then these; then the crops' bytes. Output: the scores.
 * With an argument it prints the variant's form. */
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
    (void)argv;
    if (argc > 1)
        return fwrite(&xnor_layout, sizeof xnor_layout, 1, stdout) != 1;
    int32_t *head = read_array(4, sizeof *head);
    struct layer *layers = malloc(sizeof *layers * (size_t)head[0]);
    for (int i = 0; i < head[0]; i++) {
        int32_t *numbers = read_array(9, sizeof *numbers);
        memcpy(layers + i, numbers, 7 * sizeof *numbers);
        layers[i].weights = read_array((size_t)numbers[7], 1);
        layers[i].limits = read_array((size_t)numbers[8], 1);
        free(numbers);
    }
    uint8_t *crops = read_array((size_t)head[2], 32 * 32 * 3), *images = malloc(2 * (size_t)head[1]);
    size_t count = (size_t)(head[2] * head[3]);
    int32_t *scores = malloc(count * sizeof *scores);
    int16_t *numbers = calloc(8 * (SIDE + 1) * SIDE, sizeof *numbers);
    struct network network = {layers, numbers, images, crops, scores, head[0], head[1]};
    xnor_scores(&network, head[2]);
    return fwrite(scores, sizeof *scores, count, stdout) != count;
}
