import type { FindingTexts } from './finding-texts.ts';

export const spanishFindings: FindingTexts = {
  findings: {
    'leaf-missing': 'Un lugar del registro está vacío: se borraron o reordenaron entradas.',
    'leaf-repeated': 'Un lugar figura dos veces o fuera de orden.',
    'leaf-not-canonical': 'Los bytes de una entrada no son JSON canónico.',
    'leaf-malformed': 'Una entrada no tiene los miembros de una entrada.',
    'leaf-moved': 'Una entrada indica otro lugar que aquel en el que está.',
    'leaf-changed': 'Los bytes de una entrada no tienen el hash que se guardó con ellos.',
    'leaf-withheld':
      'Falta el contenido de una entrada, y ninguna poda inscrita en el registro da cuenta de ello.',
    'checkpoint-malformed': 'Un punto de control no lo es en la forma de C2SP.',
    'checkpoint-signature': 'Un punto de control no está firmado con la clave de este registro.',
    'checkpoint-foreign': 'Un punto de control pertenece a otro registro.',
    'checkpoint-size': 'Un punto de control indica otro tamaño que aquel bajo el que está archivado.',
    'root-mismatch':
      'Las entradas no dan la raíz de un punto de control firmado: algo anterior a él se cambió.',
    'log-cut-short': 'Un punto de control cubre más entradas de las que hay: falta el final del registro.',
    'log-uncovered':
      'Las últimas entradas no están bajo ningún punto de control firmado: las añadió otra persona, o el conector se interrumpió justo antes de firmar, lo que subsana su próximo arranque.',
    'log-forked': 'Un punto de control que alguien guardó no forma parte de este registro: se reescribió.',
    'key-unknown':
      'El registro no indica en ninguna parte su propia clave: no se puede comprobar ningún punto de control.',
    'key-untrusted': 'Ni la clave de este registro ni la de su operador es una en la que usted confía.',
    'key-changed': 'El registro indica otra clave que antes.',
    'certificate-invalid': 'Un certificado del conector no está firmado por el operador que nombra.',
    'run-unopened': 'Hay entradas de una ejecución antes de su inicio o después de su final.',
    'run-unclosed': 'Una ejecución empezó sin que la anterior terminara o se recuperara.',
    'recovery-incomplete': 'Una recuperación no cierra todo lo que estaba abierto.',
    'time-backwards':
      'Dentro de una ejecución el reloj monótono retrocedió: se antedataron o movieron entradas.',
    'clock-jumped': 'La hora y el reloj monótono del conector difieren en más de dos segundos.',
    'registration-mismatch': 'Una inscripción no da el hash de la reunión bajo la que está archivada.',
    'registration-missing': 'Una reunión tiene mensajes, pero ninguna inscripción dice de quién pueden ser.',
    'message-malformed': 'Un mensaje firmado no está en su única forma válida.',
    'message-missing': 'Una entrada que debe contener un mensaje firmado no contiene ninguno.',
    'message-type': 'Una entrada contiene un mensaje de otro tipo que el suyo.',
    'message-signature': 'Un mensaje no está firmado con la clave que debe firmarlo.',
    'message-signer-unknown': 'Un mensaje no está firmado por nadie conocido en esta reunión.',
    'message-misfiled': 'Un mensaje pertenece a otra reunión o a otro puente de lo que dice su entrada.',
    'message-contradicted': 'Los datos de una entrada no son los del mensaje que contiene.',
    'host-equivocated': 'Un anfitrión firmó dos mensajes distintos con un mismo número.',
    'host-chain-broken': 'Un mensaje del anfitrión no sigue al anterior.',
    'grant-unasked': 'Un permiso o una negativa no responde a ninguna petición de este registro.',
    'request-reused': 'Una petición se respondió dos veces.',
    'epoch-not-fresh': 'Se selló una clave para una época que no está por encima de las anteriores.',
    'key-without-grant': 'Se abrió una clave sin permiso inscrito para su época.',
    'leg-over-scope': 'Se admitieron sin clic más llamantes de los que permite el permiso.',
    'key-after-revocation': 'Se abrió una clave aunque el anfitrión la había retirado antes.',
    'leg-without-grant': 'Entró un llamante al que ningún anfitrión admitió.',
    'personal-mismatch': 'Un dato personal no es aquel con el que su entrada se comprometió.',
    'personal-erased': 'Se borraron datos personales; sus compromisos quedan.',
    'leaves-pruned': 'Se retiraron entradas mediante una poda inscrita; sus hashes quedan.',
    'cosignature-invalid':
      'Una cofirma no es lo que firmó su testigo, o no es sobre un punto de control de este registro.',
    'cosignature-unplaced': 'Una cofirma es sobre un tamaño que el registro no tenía poco antes.',
    'cosigned-fork':
      'Un testigo cofirmó un punto de control que no forma parte de este registro: se reescribió, o a otros se les mostró otro.',
    'receipt-missing': 'El conector no inscribió ningún recibo de un permiso: cuenta como si oyera.',
  },
  evidence: {
    'evidence-malformed': 'Una línea no es lo que es una línea de un archivo de pruebas.',
    'evidence-cut': 'El programa del anfitrión no guardó más: la reunión fue más larga que el archivo.',
    'evidence-signature': 'Un mensaje no está firmado con la clave que debe firmarlo.',
    'evidence-operator':
      'Un certificado es de un operador que la inscripción no nombra, y que tampoco sucede a ninguno de ellos.',
    'evidence-untrusted':
      'El operador de un conector no es uno en el que usted confía, ni sucede a ninguno de ellos.',
    'evidence-decision':
      'Un permiso o una admisión invoca la decisión de un coanfitrión que no está, o que dice otra cosa.',
    'evidence-equivocation': 'El anfitrión firmó dos mensajes distintos con un mismo número.',
    'evidence-chain': 'Un mensaje del anfitrión no sigue al anterior.',
    'evidence-receipt': 'Un recibo no prueba que el registro contenga lo que firmó el anfitrión.',
    'evidence-fork': 'Los puntos de control mostrados en esta reunión no son los de un solo registro.',
    'evidence-witness': 'Una cofirma no es sobre el punto de control que nombra.',
    'evidence-missing': 'El registro no contiene una entrada que se probó al anfitrión.',
    'evidence-foreign': 'El registro no es ninguno de los de estas pruebas.',
  },
  why: {
    grant: 'un anfitrión registrado concedió la clave al puente',
    listed: 'un anfitrión registrado listó el puente como poseedor de la clave',
    scope: 'un permiso posterior cambió lo que el puente puede hacer',
    switched: 'cada emisor había firmado que pasó a una clave que el puente no recibió',
    asked:
      'se pidió a las aplicaciones que pasaran a una clave que el puente no recibió; nadie confirma que lo hicieran, y no se afirma ninguna exclusión',
    tenSeconds:
      '10 s después de que el anfitrión listara una clave nueva que el puente no recibió: lo máximo que un emisor puede usar la antigua',
    alone: 'el anfitrión listó una clave nueva que el puente no recibió, y no había nadie más',
    instanceEnded:
      '10 s después de que el anfitrión terminara su reunión: lo máximo que alguien sigue emitiendo sin anfitrión',
    admitted: 'un anfitrión registrado admitió al llamante',
    roster: 'un anfitrión registrado listó al llamante como admitido',
    unlisted: 'un anfitrión registrado ya no listaba al llamante como admitido',
    ended: 'un anfitrión registrado terminó al llamante',
    joined: 'el conector dice que el llamante entró',
    left: 'el conector dice que el llamante salió, después de que el anfitrión lo terminara',
    stated: '10 s después de que el conector dice que cerró; no consta ninguna exclusión firmada',
    crash: '10 s después de que el conector volviera tras una caída; no consta ninguna exclusión firmada',
    stop: '10 s después de que el conector se detuviera; no consta ninguna exclusión firmada',
  },
};
