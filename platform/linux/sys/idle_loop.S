/*
 * The machine code that idle_loop.ts carries as bytes, for both architectures. A test assembles this file and
 * compares.
 *
 *   idle_loop(state *)   ticks through which nothing comes about, until one is not like that; says why it returns
 *
 * A tick: ppoll(2) until it is due, waitid(2) for an ended child, pread(2) of some files, which have to say what they
 * said before. The state, in bytes:
 *   0 the pollfds, 8 how many; 16 the interval, 24 when the next tick is due, in nanoseconds of CLOCK_MONOTONIC;
 *   32 ticks to be gone through at most; 40 what counts as late, 48 how many were; 56 a timespec; 72 a buffer, 80 its
 *   size; 88 when the last tick was, 96 the one before it, 104 this one, 112 how late it is; 128 a siginfo_t;
 *   256 the files, five words each: descriptor, text, length, read in each of so many ticks, and in so many from now;
 *   a negative descriptor ends them.
 *
 * 0: all are gone through. 1: a descriptor is ready, or a signal has come. 2: a child has ended. 3: a file says
 * something else. 4: the tick comes too late by an interval. In all but the first this tick is still to be taken.
 */

#if defined(__x86_64__)
.intel_syntax noprefix
idle_loop:
  push rbx
  push r12
  mov rbx, rdi
1: mov edi, 1               # CLOCK_MONOTONIC
  lea rsi, [rbx+56]
  mov eax, 228              # clock_gettime
  syscall
  imul rax, [rbx+56], 1000000000
  add rax, [rbx+64]
  mov rdx, [rbx+24]
  sub rdx, rax
  mov eax, 0
  cmovs rdx, rax
  mov rax, rdx
  xor edx, edx
  mov ecx, 1000000000
  div rcx
  mov [rbx+56], rax
  mov [rbx+64], rdx
  mov rdi, [rbx]
  mov rsi, [rbx+8]
  lea rdx, [rbx+56]
  xor r10d, r10d
  xor r8d, r8d
  mov eax, 271              # ppoll
  syscall
  mov ecx, 1
  test rax, rax
  jnz 9f
  mov edi, 1
  lea rsi, [rbx+56]
  mov eax, 228
  syscall
  imul rax, [rbx+56], 1000000000
  add rax, [rbx+64]
  mov rdx, rax
  sub rdx, [rbx+24]
  mov ecx, 4
  cmp rdx, [rbx+16]
  jge 9f
  mov [rbx+104], rax
  mov [rbx+112], rdx
  mov dword ptr [rbx+144], 0 # si_pid
  xor edi, edi              # P_ALL
  xor esi, esi
  lea rdx, [rbx+128]
  mov r10d, 0x1000005       # WNOHANG, WEXITED, WNOWAIT
  xor r8d, r8d
  mov eax, 247              # waitid
  syscall
  mov ecx, 2
  cmp dword ptr [rbx+144], 0
  jne 9f
  lea r12, [rbx+256]
2: mov rdi, [r12]
  test rdi, rdi
  js 3f
  dec qword ptr [r12+32]
  jnz 6f
  mov rax, [r12+24]
  mov [r12+32], rax
  mov rsi, [rbx+72]
  mov rdx, [rbx+80]
  xor r10d, r10d
  mov eax, 17               # pread64
  syscall
  cmp rax, [r12+16]
  jne 4f
  mov rcx, rax
  mov rsi, [rbx+72]
  mov rdi, [r12+8]
  repe cmpsb
  jne 4f
6: add r12, 40
  jmp 2b
3: mov rax, [rbx+88]
  mov [rbx+96], rax
  mov rax, [rbx+104]
  mov [rbx+88], rax
  mov rax, [rbx+112]
  cmp rax, [rbx+40]
  jl 5f
  inc qword ptr [rbx+48]
5: mov rax, [rbx+16]
  add [rbx+24], rax
  dec qword ptr [rbx+32]
  jnz 1b
  xor ecx, ecx
  jmp 9f
4: mov ecx, 3
9: mov eax, ecx
  pop r12
  pop rbx
  ret
#elif defined(__aarch64__)
idle_loop:
  mov x9, x0
  movz x10, #0xca00
  movk x10, #0x3b9a, lsl #16 // nanoseconds of a second
1: mov x0, #1               // CLOCK_MONOTONIC
  add x1, x9, #56
  mov x8, #113              // clock_gettime
  svc #0
  ldp x11, x12, [x9, #56]
  madd x11, x11, x10, x12
  ldr x12, [x9, #24]
  subs x12, x12, x11
  csel x12, xzr, x12, mi
  udiv x11, x12, x10
  msub x12, x11, x10, x12
  stp x11, x12, [x9, #56]
  ldp x0, x1, [x9]
  add x2, x9, #56
  mov x3, #0
  mov x4, #0
  mov x8, #73               // ppoll
  svc #0
  mov x15, #1
  cbnz x0, 9f
  mov x0, #1
  add x1, x9, #56
  mov x8, #113
  svc #0
  ldp x11, x12, [x9, #56]
  madd x11, x11, x10, x12
  ldp x13, x12, [x9, #16]
  sub x12, x11, x12
  mov x15, #4
  cmp x12, x13
  b.ge 9f
  stp x11, x12, [x9, #104]
  str wzr, [x9, #144]       // si_pid
  mov x0, #0                // P_ALL
  mov x1, #0
  add x2, x9, #128
  mov x3, #5                // WNOHANG, WEXITED,
  movk x3, #0x100, lsl #16  // WNOWAIT
  mov x4, #0
  mov x8, #95               // waitid
  svc #0
  mov x15, #2
  ldr w11, [x9, #144]
  cbnz w11, 9f
  mov x15, #3
  add x14, x9, #256
2: ldr x0, [x14]
  tbnz x0, #63, 3f
  ldp x11, x12, [x14, #24]
  subs x12, x12, #1
  csel x12, x11, x12, eq
  str x12, [x14, #32]
  b.ne 5f
  ldp x1, x2, [x9, #72]
  mov x3, #0
  mov x8, #67               // pread64
  svc #0
  ldp x12, x11, [x14, #8]
  cmp x0, x11
  b.ne 9f
  ldr x13, [x9, #72]
4: cbz x11, 5f
  ldrb w0, [x13], #1
  ldrb w1, [x12], #1
  sub x11, x11, #1
  cmp w0, w1
  b.eq 4b
  b 9f
5: add x14, x14, #40
  b 2b
3: ldr x11, [x9, #88]
  str x11, [x9, #96]
  ldp x11, x12, [x9, #104]
  str x11, [x9, #88]
  ldp x11, x13, [x9, #40]
  cmp x12, x11
  cinc x13, x13, ge
  str x13, [x9, #48]
  ldp x11, x12, [x9, #16]
  add x12, x12, x11
  str x12, [x9, #24]
  ldr x11, [x9, #32]
  subs x11, x11, #1
  str x11, [x9, #32]
  b.ne 1b
  mov x15, #0
9: mov x0, x15
  ret
#endif
